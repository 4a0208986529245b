; XDP: drops UDP packets to port 53, and passes all others.
    r0 = 2                      ; XDP_PASS
    r2 = *(u32 *)(r1 +0)        ; xdp_md.data
    r3 = *(u32 *)(r1 +4)        ; xdp_md.data_end
    r4 = r2
    r4 += 42                    ; Ethernet, IPv4 and UDP
    if r4 > r3 goto end         ; the packet is shorter
    r5 = *(u16 *)(r2 +12)
    if r5 != 0x8 goto end       ; 08 00: it is not IPv4
    r5 = *(u8 *)(r2 +14)
    if r5 != 0x45 goto end      ; the IPv4 header has options
    r5 = *(u8 *)(r2 +23)
    if r5 != 17 goto end        ; it is not UDP
    r5 = *(u16 *)(r2 +36)       ; the destination port
    r5 = be16 r5
    if r5 != 53 goto end
    r0 = 1                      ; XDP_DROP
end:
    exit
