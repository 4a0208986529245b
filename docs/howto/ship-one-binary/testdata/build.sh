export CGO_ENABLED=0 GOOS=linux
GOARCH=amd64 go build -ldflags='-s -w' -o "$OUT/guard-amd64" ./guard
GOARCH=arm64 go build -ldflags='-s -w' -o "$OUT/guard-arm64" ./guard
