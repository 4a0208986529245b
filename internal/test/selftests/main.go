package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

var errLimit = errors.New("a limit is missed")

func main() {
	level := flag.String("level", "v3", "ISA level to compile for: v2, v3 or v4")
	only := flag.String("only", "", "only objects with this in their names")
	fresh := flag.Bool("fresh", false, "compile and ask the kernel again")
	cache := flag.String("cache", "", "folder for everything that is made (default: bpfsmith/selftests in the user's cache folder)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *cache, *level, *only, *fresh); err != nil {
		fmt.Fprintln(os.Stderr, "selftests:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, cache, level, only string, fresh bool) error {
	if flag.NArg() > 0 || !slices.Contains([]string{"v2", "v3", "v4"}, level) {
		return errors.New("takes flags only, and -level must be v2, v3 or v4: see -help")
	}
	w, err := openWorkshop(cache, level, only)
	if err != nil {
		return err
	}
	if fresh {
		if err := os.RemoveAll(w.folder); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{w.prepare, w.compile, w.ask, w.buildCheck} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return w.compare(ctx)
}

// A workshop is where everything is made.
type workshop struct {
	tools  string // for all kernels and levels
	folder string // of this kernel and level
	level  string
	only   string
}

func openWorkshop(cache, level, only string) (*workshop, error) {
	if cache == "" {
		base, err := os.UserCacheDir()
		if err != nil { // no HOME, as in some containers
			base = os.TempDir()
		}
		cache = filepath.Join(base, "bpfsmith", "selftests")
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return nil, err
	}
	w := &workshop{tools: filepath.Join(cache, "tools"), level: level, only: only,
		folder: filepath.Join(cache, strings.TrimSpace(string(release)), level)}
	return w, os.MkdirAll(w.tools, 0o755)
}

// in is a place in the folder of this kernel and level; its own folder is made.
func (w *workshop) in(parts ...string) string {
	name := filepath.Join(append([]string{w.folder}, parts...)...)
	_ = os.MkdirAll(filepath.Dir(name), 0o755) // whoever writes the file says why it fails
	return name
}

// say tells what is done, for who waits.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "selftests: "+format+"\n", args...) }

// exists reports whether a file was made already.
func exists(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Size() > 0
}
