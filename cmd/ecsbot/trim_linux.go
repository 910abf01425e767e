package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// trim gives back to the kernel the clean pages of the program's own file. The kernel maps
// those in large neighbourhoods around each first use; what is used again comes back from the
// page cache. Only mappings that cannot be written are touched, so nothing can be lost.
func trim() {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	self, err := os.Executable()
	if err != nil {
		return
	}
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		// address range, permissions, offset, device, inode, path (proc_pid_maps(5))
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || fields[5] != self || strings.Contains(fields[1], "w") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, startErr := strconv.ParseUint(from, 16, 64)
		end, endErr := strconv.ParseUint(to, 16, 64)
		if startErr != nil || endErr != nil {
			continue
		}
		// advice that the kernel does not take changes nothing
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(start), uintptr(end-start), syscall.MADV_DONTNEED)
	}
}
