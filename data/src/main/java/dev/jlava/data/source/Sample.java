package dev.jlava.data.source;

import dev.jlava.data.conversation.Turn;
import java.nio.file.Path;
import java.util.List;

/// One training example as it stands in the data: a conversation and the images it speaks of.
///
/// @param id the sample's own id, or its position when it has none
/// @param images the images in the order of their `<image>` marks; empty for text-only samples
/// @param turns user and assistant in turn, starting with the user
/// @param origin where the sample stands, for messages: `file.json[12]`
public record Sample(String id, List<Path> images, List<Turn> turns, String origin) {
  public Sample {
    images = List.copyOf(images);
    turns = List.copyOf(turns);
  }
}
