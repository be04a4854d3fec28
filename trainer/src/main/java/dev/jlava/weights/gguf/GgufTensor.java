package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// A tensor of a GGUF file.
///
/// @param shape rows first, as in PyTorch; the file has it the other way round
/// @param blocks the mapped bytes
public record GgufTensor(String name, GgmlType type, long[] shape, MemorySegment blocks) {}
