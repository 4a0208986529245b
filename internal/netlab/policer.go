package netlab

import "time"

// A policer is a token bucket that drops packets when it is empty. It has no queue, so the packets that pass are as fast as the line. A
// sender that takes their spacing as the rate loses most of its packets. The zero value lets everything pass.
type policer struct {
	rate  int64 // bits per second that fill the bucket; 0: no policer
	burst int   // bytes that it holds

	spent float64 // bytes missing from a full bucket
	last  time.Duration
}

// admits takes size bytes out of the bucket, or returns false when the bucket has less. Calls have ascending times.
func (p *policer) admits(now time.Duration, size int) bool {
	if p.rate == 0 {
		return true
	}
	p.spent = max(0, p.spent-float64(p.rate)/8*(now-p.last).Seconds())
	p.last = now
	if p.spent+float64(size) > float64(p.burst) {
		return false
	}
	p.spent += float64(size)
	return true
}
