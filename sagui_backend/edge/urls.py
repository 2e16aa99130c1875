"""Addresses that only the cache asks for; it lets nobody else through to them."""

from __future__ import annotations

from django.urls import path

from sagui_backend.edge.views import layers

urlpatterns = [path("api/edge/layers", layers, name="edge-layers")]
