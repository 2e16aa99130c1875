//go:build tools

// Package tools keeps the tile server in go.mod, where update tools look for it.
package tools

import _ "github.com/CrunchyData/pg_tileserv"
