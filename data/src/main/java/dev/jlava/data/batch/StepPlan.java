package dev.jlava.data.batch;

import java.util.function.IntFunction;

/// The optimizer steps to load.
///
/// @param epochs the order of each epoch
/// @param from the first step
/// @param steps how many, across as many epochs as that takes
public record StepPlan(IntFunction<EpochOrder> epochs, Position from, int steps) {}
