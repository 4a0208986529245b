; Adds the squares of two bytes at r1, with a function that is called twice.
    r6 = r1                     ; r6 to r9 keep their values over calls
    r1 = *(u8 *)(r6 +0)
    call square
    r7 = r0
    r1 = *(u8 *)(r6 +1)
    call square
    r0 += r7
    exit
square:
    r0 = r1
    r0 *= r1
    exit
