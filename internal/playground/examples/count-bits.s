; Counts the bits that are set in the number at r1.
    r2 = *(u64 *)(r1 +0)
    r0 = 0
next:
    if r2 == 0 goto done
    r3 = r2
    r3 -= 1
    r2 &= r3            ; clears the lowest bit that is set
    r0 += 1
    goto next
done:
    exit
