package dev.jlava.data.batch;

/// A sample that is left out of training, and why.
public record DroppedSample(String id, String reason) {}
