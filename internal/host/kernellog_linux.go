package host

import (
	"strings"

	"golang.org/x/sys/unix"
)

// KernelLog returns the messages of the kernel's log (dmesg) that begin with a text, the oldest first. It is empty when this process may
// not read the log.
func KernelLog(begin string) []string {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var messages []string
	record := make([]byte, 8192) // the longest one (CONSOLE_EXT_LOG_MAX, kernel/printk)
	for {
		n, err := unix.Read(fd, record)
		switch {
		case err == unix.EPIPE: // records were overwritten while we read: go on with the oldest one
			continue
		case err != nil || n == 0: // EAGAIN at the end
			return messages
		}
		// 6,1234,567890,-;message, and then lines with more about it (Documentation/ABI/testing/dev-kmsg)
		_, text, _ := strings.Cut(string(record[:n]), ";")
		text, _, _ = strings.Cut(text, "\n")
		if strings.HasPrefix(text, begin) {
			messages = append(messages, text)
		}
	}
}
