package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A run is the output of a machine.
type run struct {
	console []byte        // the kernel's log
	results []byte        // what /init and the tests printed
	took    time.Duration // from the start of qemu to its end
}

// qemu is the program that boots kernels.
const qemu = "qemu-system-x86_64"

// boot runs a machine to its end. The error says that it did not end by itself.
func boot(ctx context.Context, folder string, v vmlinuz, initrd string, opt options) (run, error) {
	ctx, cancel := context.WithTimeout(ctx, opt.timeout)
	defer cancel()
	console, results := folder+"/console", folder+"/results"
	accel := []string{"-accel", "tcg,thread=multi"}
	if opt.steady {
		// An instruction takes 2 ns, and time when all processors are idle is skipped.
		accel = []string{"-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off"}
	}
	cmd := exec.CommandContext(ctx, qemu, append(accel,
		"-nodefaults", "-no-reboot", "-display", "none", "-m", "2G", "-smp", "2",
		"-cpu", "max",
		"-serial", "file:"+console, "-serial", "file:"+results,
		"-kernel", v.image, "-initrd", initrd,
		// A panic ends the machine, too. The random numbers of an emulated processor are good enough here.
		"-append", "console=ttyS0 loglevel=4 panic=-1 random.trust_cpu=on")...)
	var complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &complaints, &complaints
	cmd.WaitDelay = 5 * time.Second
	start := time.Now()
	err := cmd.Run()
	r := run{took: time.Since(start)}
	if ctx.Err() != nil {
		err = fmt.Errorf("the machine did not end in %v: %w", opt.timeout, ctx.Err())
	} else if err != nil {
		err = fmt.Errorf("qemu: %w: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	var err1, err2 error
	r.console, err1 = os.ReadFile(console)
	r.results, err2 = os.ReadFile(results)
	return r, errors.Join(err, err1, err2)
}

// trouble is what a kernel writes when something is wrong with it.
var trouble = []string{"WARNING:", "BUG:", "Oops", "Kernel panic", "general protection", "Call Trace:", "INFO: rcu", "KASAN", "UBSAN",
	"soft lockup", "blocked for more than"}

// complaint is the kernel's log from the first sign of trouble on, "" for none.
func (r run) complaint() string {
	lines := strings.Split(strings.ReplaceAll(string(r.console), "\r", ""), "\n")
	for i, line := range lines {
		for _, sign := range trouble {
			if strings.Contains(line, sign) {
				return strings.Join(lines[i:min(len(lines), i+60)], "\n")
			}
		}
	}
	return ""
}
