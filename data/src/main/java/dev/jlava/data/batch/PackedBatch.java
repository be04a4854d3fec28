package dev.jlava.data.batch;

import java.util.List;

/// A micro-batch as one flat stream without padding: T positions of N sequences, back to back.
///
/// @param ids [T] token ids; image positions hold [Example#IMAGE]
/// @param positions [T] position within the own sequence, from 0
/// @param starts [N+1] first position of each sequence, then T
/// @param imageRows [images × tokensPerImage] rows where projected features go, image by image
/// @param lossRows [L] rows whose next token is learned
/// @param targets [L] the id to predict at each loss row
/// @param pixels one normalised image each, `[3 × height × width]` floats, channels first
/// @param sampleIds [N] for messages
public record PackedBatch(
    int[] ids,
    int[] positions,
    int[] starts,
    int[] imageRows,
    int[] lossRows,
    int[] targets,
    List<float[]> pixels,
    List<String> sampleIds) {}
