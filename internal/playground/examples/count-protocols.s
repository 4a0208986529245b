; XDP: counts packets by the protocol of their IPv4 header, in an array of 256 counters.
    r6 = 2                      ; XDP_PASS
    r2 = *(u32 *)(r1 +0)        ; xdp_md.data
    r3 = *(u32 *)(r1 +4)        ; xdp_md.data_end
    r4 = r2
    r4 += 34                    ; Ethernet and IPv4
    if r4 > r3 goto end
    r5 = *(u8 *)(r2 +23)        ; the protocol
    *(u32 *)(r10 -4) = r5       ; is the key
    r1 = map[fd:5]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto end         ; without this line, the kernel refuses the program
    r1 = 1
    lock *(u64 *)(r0 +0) += r1
end:
    r0 = r6
    exit
