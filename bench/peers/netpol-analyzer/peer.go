//go:build peer

// Package peer names the program of another project that the benches build, so that go.mod and go.sum pin it.
package peer

import _ "github.com/np-guard/netpol-analyzer/cmd/netpolicy"
