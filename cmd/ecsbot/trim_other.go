//go:build !linux

package main

import "runtime/debug"

// trim gives free heap back to the system.
func trim() { debug.FreeOSMemory() }
