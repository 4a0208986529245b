package isa

// LLVMText returns the instruction in LLVM's notation, "" if there is none.
func LLVMText(i Instruction) string {
	return string(appendTemplate(nil, forms[i.form()].llvm, i))
}
