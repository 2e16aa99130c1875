# Which layers there are, which version of the data each shows, and how a publication tells.
#
# The backend answers /api/edge/layers with the header `X-Layers: |<layer>=<data version>|...|`, read from the database's
# own grants and its record of publications. It is asked at the first tile, every 30 s from then on, and during each PURGE.
#
# An answer that is kept carries a label: what was valid when its making began. The label of a tile is its layer's data
# version, that of any other answer the last PURGE of its kind. An answer whose label is no longer valid may hold old data even
# if it was stored after the purge, so it is made anew.
#
# Whoever publishes hands the new tiles of low zooms to the cache before the publication (X-Ahead, `?v=<version to come>`). They
# are kept beside the others, under their version, for the minutes until everybody's tile has been made anew.
#
# Global: layers (the list), layers due (when to ask again, s since 1970), list (number of the list), purge (of anything),
# marking ends (s since 1970, while a purge is under way), purge window ends (s since 1970), purge of <kind>; layers before,
# purge before of <kind>: what was valid until then.

vcl 4.1;

# ----- the list of layers

sub know_layers {
    # Once per request, whatever comes of it.
    if (var.get("asked") != "yes") {
        var.set("asked", "yes");
        if (!var.global_get("layers") || std.integer(var.global_get("layers due"), 0) <= std.time2integer(now, 0)) {
            var.global_set("layers due", "" + std.time2integer(now + 30s, 0));
            var.set("next", req.url);
            call ask_for_layers;
        }
    }
    if (!var.global_get("layers")) {
        return (synth(503, "Service Unavailable"));
    }
}

sub ask_for_layers {
    set req.url = "/api/edge/layers";
    var.set("kind", "layers");
    set req.backend_hint = api;
    set req.grace = 10m;
    if (var.get("purging") == "yes") {
        # The list must have been read after the purge began.
        set req.hash_always_miss = true;
    }
    return (hash);
}

# What follows once the list is here, or is known not to come.
sub layers_asked {
    if (var.get("purging") == "yes") {
        call mark_as_old;
        if (resp.status != 200) {
            return (synth(503, "Service Unavailable"));
        }
        return (synth(200, "Purged"));
    }
    set req.url = var.get("next");
    return (restart);
}

# ----- PURGE with `xkey-purge: <tags>`: what carries them is shown half a second longer at most, while it is made anew

sub purge_tags {
    # Whatever came through another proxy is not one of us, whoever the proxy is.
    if (client.ip !~ purgers || req.http.X-Forwarded-For != "" + client.ip) {
        return (synth(403, "Forbidden"));
    }
    if (!req.http.xkey-purge) {
        var.set("reason", "name the layers in the header xkey-purge");
        return (synth(400, "Bad Request"));
    }
    # A list that is being read now may be older than the one that this purge asks for.
    var.global_set("purge", req.xid);
    var.global_set("marking ends", "" + std.time2real(now + 10s, 0.0));
    var.set("purging", "yes");
    set req.method = "GET";
    call ask_for_layers;
}

# Once the new list is here, so that what was right until now is known.
sub mark_as_old {
    var.global_set("purge window ends", "" + std.time2real(now + 500ms, 0.0));
    if (req.http.xkey-purge ~ "(^|[ ,])api([ ,]|$)") {
        var.global_set("purge before of api", var.global_get("purge of api"));
        var.global_set("purge of api", req.xid);
    }
    if (req.http.xkey-purge ~ "(^|[ ,])catalogue([ ,]|$)") {
        var.global_set("purge before of catalogue", var.global_get("purge of catalogue"));
        var.global_set("purge of catalogue", req.xid);
    }
    if (req.http.xkey-purge ~ "(^|[ ,])static([ ,]|$)") {
        var.global_set("purge before of static", var.global_get("purge of static"));
        var.global_set("purge of static", req.xid);
    }
    if (req.http.xkey-purge ~ "(^|[ ,])values([ ,]|$)") {
        var.global_set("purge before of values", var.global_get("purge of values"));
        var.global_set("purge of values", req.xid);
    }
    var.set_int("purged", xkey.softpurge(req.http.xkey-purge));
    var.global_set("marking ends", "");
}

# ----- labels

# Sets the label of the layer; without `=` where there is no such layer.
sub label_of_layer {
    var.set("label", regsub(
        var.get("layer") + "|" + var.global_get("layers"), "^([^|]+)\|.*\|\1=([^|]+)\|.*$", "=\2"));
}

# Sets the label that is valid now for the object that was found.
sub valid_label {
    if (var.get("kind") == "tile") {
        var.set("layer", obj.http.xkey);
        call label_of_layer;
    } else {
        var.set("label", "=" + var.global_get("purge of " + var.get("kind")));
    }
}

# Sets the label that was valid before the last purge.
sub label_before {
    if (var.get("kind") == "tile") {
        var.set("label before", regsub(
            var.get("layer") + "|" + var.global_get("layers before"), "^([^|]+)\|.*\|\1=([^|]+)\|.*$", "=\2"));
    } else {
        var.set("label before", "=" + var.global_get("purge before of " + var.get("kind")));
    }
}

sub vcl_hit {
    if (var.get("ahead") ~ ".") {
        return (deliver);
    }
    # Nothing was published since this tile was made.
    if (obj.http.X-Sagui-List && obj.ttl > 0s && obj.http.X-Sagui-List == var.global_get("list")) {
        return (deliver);
    }
    if (!obj.http.X-Sagui-Empty) {
        var.set("filled", "yes");
    }
    call tell_the_fetch;
    if (var.get("kind") == "layers" || obj.status >= 400) {
        return (deliver);
    }
    call valid_label;
    # Made ahead of its publication, the right one may be here.
    if (var.get("kind") == "tile" && obj.http.X-Sagui-Label != var.get("label") && var.get("label") ~ "^=[0-9a-f]"
        && var.get("fresh") != "yes" && var.get("looked ahead") != "yes") {
        var.set("looked ahead", "yes");
        var.set("closer", "look");
        var.set("ahead", regsub(var.get("label"), "^=", ""));
        return (restart);
    }
    # While nothing better can be had, an old answer is shown as long as it is kept.
    if (var.get("stale") == "yes" || !std.healthy(req.backend_hint) || req.restarts > 4) {
        return (deliver);
    }
    if (obj.http.X-Sagui-Label == var.get("label")) {
        # Right, but past its time: shown while it is renewed, unless nobody asked for long.
        if (obj.ttl > 0s
            || (var.get("kind") != "tile" && obj.ttl > -10s)
            || (var.get("kind") == "static" && obj.ttl > -1h)) {
            return (deliver);
        }
    }
    call label_before;
    # For half a second after the purge the old answer spares its reader the wait, if it was right until then: the purge
    # also touches what nobody asked for since an earlier one.
    if (obj.ttl <= 0s && std.real(var.global_get("purge window ends"), 0.0) > std.time2real(now, 0.0)
        && (obj.http.X-Sagui-Label == var.get("label") || obj.http.X-Sagui-Label == var.get("label before"))) {
        return (deliver);
    }
    # A purge is about to touch it: the new list comes a moment before.
    if (obj.ttl > 0s && std.real(var.global_get("marking ends"), 0.0) > std.time2real(now, 0.0)
        && obj.http.X-Sagui-Label == var.get("label before")) {
        return (deliver);
    }
    # Its making was under way during the purge: the purge did not see it.
    if (obj.ttl > 0s) {
        var.set_int("purged", purge.soft(0s));
    }
    var.set("fresh", "yes");
    var.set("closer", "look");
    return (restart);
}

sub vcl_miss {
    # Not made ahead.
    if (var.get("ahead") ~ "." && var.get("handed") != "yes") {
        var.set("ahead", "");
        return (restart);
    }
    # Found nowhere, so its address has not been looked at yet.
    if (var.get("closer") != "yes" && var.get("kind") == "tile") {
        var.set("closer", "look");
        return (restart);
    }
    call tell_the_fetch;
}

sub vcl_pass {
    call tell_the_fetch;
}

# Whoever fetches knows nothing of the request's variables, and believes no header that a client made.
sub tell_the_fetch {
    set req.http.X-Sagui-Kind = var.get("kind");
    set req.http.X-Sagui-Filled = var.get("filled");
    set req.http.X-Sagui-Stale = var.get("stale");
    set req.http.X-Sagui-Ahead = var.get("ahead");
}
