//go:build tools

// Package plugin keeps the compose plugin in go.mod.
package plugin

import _ "github.com/docker/compose/v2/cmd"
