package dev.jlava.data.batch;

import dev.jlava.data.DataException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The micro-batches of one optimizer step, each as soon as its own images are decoded. To be read
/// once, by one thread, to the end.
public final class LoadedStep implements Iterator<PackedBatch> {
  private final PlannedItem.Step step;
  private final LoaderSettings settings;
  private final PlannedItems items;
  private final List<DroppedSample> dropped;
  private final List<String> truncated = new ArrayList<>();
  private int read;
  private int lossTokens;
  private @Nullable PackedBatch next;

  LoadedStep(PlannedItem.Step step, LoaderSettings settings, PlannedItems items) {
    this.step = step;
    this.settings = settings;
    this.items = items;
    this.dropped = new ArrayList<>(step.dropped());
  }

  /// Where the step stands in the data.
  public Position position() {
    return step.position();
  }

  /// Tokens with a loss in all of the step's samples, as long as none is dropped for its image;
  /// known before the first micro-batch.
  public int plannedLossTokens() {
    return step.microBatches().stream().flatMap(List::stream).mapToInt(Example::lossTokens).sum();
  }

  /// Number of micro-batches, as long as none loses all of its samples.
  public int plannedMicroBatches() {
    return step.microBatches().size();
  }

  /// Waits for the next micro-batch, if there is one.
  ///
  /// @throws DataException if an image cannot be decoded and that is not allowed
  @Override
  public boolean hasNext() {
    while (next == null && read < plannedMicroBatches()) {
      read++;
      next = pack(items.microBatch());
    }
    return next != null;
  }

  @Override
  public PackedBatch next() {
    var _ = hasNext();
    PackedBatch batch = next;
    if (batch == null) {
      throw new NoSuchElementException();
    }
    next = null;
    return batch;
  }

  /// What happened to the step.
  ///
  /// @throws IllegalStateException before all micro-batches are read
  public StepReport report() {
    if (!isRead()) {
      throw new IllegalStateException(
          "%d of %d micro-batches are read".formatted(read, plannedMicroBatches()));
    }
    return new StepReport(items.secondsWaited(), lossTokens, dropped, truncated);
  }

  boolean isRead() {
    return read == plannedMicroBatches() && next == null;
  }

  private @Nullable PackedBatch pack(PlannedItem.MicroBatch microBatch) {
    List<Example> examples = new ArrayList<>();
    List<float[]> pixels = new ArrayList<>();
    for (PlannedItem.Loading sample : microBatch.samples()) {
      Example example = sample.example();
      try {
        pixels.addAll(pixels(sample));
      } catch (DataException e) {
        drop(example, e);
        continue;
      }
      examples.add(example);
      lossTokens += example.lossTokens();
      if (example.truncated()) {
        truncated.add(example.id());
      }
    }
    return examples.isEmpty() ? null : Packing.pack(examples, pixels, settings.tokensPerImage());
  }

  private List<float[]> pixels(PlannedItem.Loading sample) {
    List<float[]> pixels = new ArrayList<>();
    for (Future<float[]> image : sample.pixels()) {
      try {
        pixels.add(items.await(image));
      } catch (ExecutionException e) {
        if (e.getCause() instanceof DataException fault) {
          throw fault;
        }
        throw new IllegalStateException(
            "sample '" + sample.example().id() + "': " + e.getCause(), e);
      }
    }
    return pixels;
  }

  private void drop(Example example, DataException fault) {
    switch (settings.badImages()) {
      case SKIP -> dropped.add(new DroppedSample(example.id(), reason(fault)));
      case ERROR ->
          throw new DataException("sample '" + example.id() + "': " + reason(fault), fault);
    }
  }

  private static String reason(DataException fault) {
    return String.valueOf(fault.getMessage());
  }
}
