package dev.jlava.data.token;

import java.nio.charset.StandardCharsets;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// SentencePiece's BPE over one text: adjacent symbols are merged, best score first, leftmost on
/// ties.
final class BytePairMerges {
  private static final int UNKNOWN = 0;

  /// A merge that was possible when it was queued.
  private record Candidate(float score, int left, int right, int length)
      implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      int byScore = Float.compare(other.score, score);
      return byScore != 0 ? byScore : Integer.compare(left, other.left);
    }
  }

  private final SentencePieceModel model;
  private final String text;
  private final int[] start;
  private final int[] end;
  private final int[] previous;
  private final int[] next;
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

  private BytePairMerges(SentencePieceModel model, String text) {
    this.model = model;
    this.text = text;
    int count = text.codePointCount(0, text.length());
    start = new int[count];
    end = new int[count];
    previous = new int[count];
    next = new int[count];
    int at = 0;
    for (int i = 0; i < count; i++) {
      start[i] = at;
      at += Character.charCount(text.codePointAt(at));
      end[i] = at;
      previous[i] = i - 1;
      next[i] = i + 1 < count ? i + 1 : -1;
    }
  }

  /// Receives the tokens of a text in order.
  interface Sink {
    void token(int id, int start, int end);
  }

  /// Encodes a text whose spaces are already `▁`; ends are chars of that text.
  static void encode(SentencePieceModel model, String text, Sink sink) {
    if (!text.isEmpty()) {
      BytePairMerges merges = new BytePairMerges(model, text);
      merges.merge();
      merges.emit(sink);
    }
  }

  private void merge() {
    for (int i = 0; i + 1 < start.length; i++) {
      queue(i, i + 1);
    }
    for (Candidate best = queue.poll(); best != null; best = queue.poll()) {
      boolean stale =
          next[best.left] != best.right || end[best.right] - start[best.left] != best.length;
      if (stale) {
        continue;
      }
      end[best.left] = end[best.right];
      next[best.left] = next[best.right];
      if (next[best.right] >= 0) {
        previous[next[best.right]] = best.left;
      }
      next[best.right] = -2;
      if (previous[best.left] >= 0) {
        queue(previous[best.left], best.left);
      }
      if (next[best.left] >= 0) {
        queue(best.left, next[best.left]);
      }
    }
  }

  private void queue(int left, int right) {
    @Nullable Integer id = model.match(text.substring(start[left], end[right]));
    if (id != null) {
      queue.add(new Candidate(model.score(id), left, right, end[right] - start[left]));
    }
  }

  private void emit(Sink sink) {
    for (int i = 0; i >= 0; i = next[i]) {
      String symbol = text.substring(start[i], end[i]);
      @Nullable Integer id = model.match(symbol);
      if (id != null) {
        sink.token(id, start[i], end[i]);
      } else if (model.byteId(0) < 0) {
        sink.token(UNKNOWN, start[i], end[i]);
      } else {
        for (byte b : symbol.getBytes(StandardCharsets.UTF_8)) {
          sink.token(model.byteId(b & 0xff), start[i], end[i]);
        }
      }
    }
  }
}
