; XDP: reads the type of a packet. The kernel refuses it: the packet may be shorter.
    r0 = 2                      ; XDP_PASS
    r2 = *(u32 *)(r1 +0)        ; xdp_md.data
    r3 = *(u32 *)(r1 +4)        ; xdp_md.data_end
    r5 = *(u16 *)(r2 +12)
    if r5 != 0x8 goto end
    r0 = 1                      ; XDP_DROP
end:
    exit
