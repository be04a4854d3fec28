package dev.jlava.data.token;

import dev.jlava.data.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The contents of a SentencePiece `tokenizer.model`: pieces with scores, and how text is prepared.
final class SentencePieceModel {
  /// What a piece is for (SentencePiece.Type).
  private static final int NORMAL = 1;

  private static final int USER_DEFINED = 4;
  private static final int BYTE = 6;

  private final List<String> pieces = new ArrayList<>();
  private final List<Float> scores = new ArrayList<>();
  private final List<Integer> types = new ArrayList<>();
  private final Map<String, Integer> matchable = new HashMap<>();
  private final int[] byteIds = new int[256];
  private final Map<String, Integer> all = new HashMap<>();
  private int modelType = 1;

  private SentencePieceModel() {
    java.util.Arrays.fill(byteIds, -1);
  }

  static SentencePieceModel read(Path file) {
    SentencePieceModel model = new SentencePieceModel();
    try {
      model.parse(ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException | RuntimeException e) {
      throw new DataException(
          file + ": not a SentencePiece model (" + e + "); copy the tokenizer again", e);
    }
    if (model.modelType != 2) {
      throw new DataException(
          file
              + ": SentencePiece model type "
              + model.modelType
              + " is not supported (expected 2, BPE, as LLaMA's); use a tokenizer.json instead");
    }
    return model;
  }

  private void parse(ByteBuffer in) {
    while (in.hasRemaining()) {
      int key = (int) varint(in);
      switch (key >>> 3) {
        case 1 -> piece(message(in));
        case 2 -> trainer(message(in));
        default -> skip(in, key & 7);
      }
    }
  }

  private void piece(ByteBuffer in) {
    String text = "";
    float score = 0;
    int type = NORMAL;
    while (in.hasRemaining()) {
      int key = (int) varint(in);
      switch (key >>> 3) {
        case 1 -> text = StandardCharsets.UTF_8.decode(message(in)).toString();
        case 2 -> score = in.getFloat();
        case 3 -> type = (int) varint(in);
        default -> skip(in, key & 7);
      }
    }
    int id = pieces.size();
    pieces.add(text);
    scores.add(score);
    types.add(type);
    all.put(text, id);
    if (type == NORMAL || type == USER_DEFINED) {
      matchable.put(text, id);
    } else if (type == BYTE) {
      byteIds[Integer.parseInt(text.substring(3, 5), 16)] = id;
    }
  }

  private void trainer(ByteBuffer in) {
    while (in.hasRemaining()) {
      int key = (int) varint(in);
      if (key >>> 3 == 3) {
        modelType = (int) varint(in);
      } else {
        skip(in, key & 7);
      }
    }
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  private static ByteBuffer message(ByteBuffer in) {
    int length = (int) varint(in);
    ByteBuffer message = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return message;
  }

  private static void skip(ByteBuffer in, int wire) {
    switch (wire) {
      case 0 -> varint(in);
      case 1 -> in.position(in.position() + 8);
      case 2 -> message(in);
      case 5 -> in.position(in.position() + 4);
      default -> throw new IllegalArgumentException("wire type " + wire);
    }
  }

  int size() {
    return pieces.size();
  }

  String piece(int id) {
    return pieces.get(id);
  }

  float score(int id) {
    return scores.get(id);
  }

  Vocabulary.Kind kind(int id) {
    return Vocabulary.Kind.of(types.get(id)).orElse(Vocabulary.Kind.NORMAL);
  }

  /// A model of BPE with these pieces; text is taken as it is.
  static byte[] write(List<Vocabulary.Token> tokens) {
    Message model = new Message();
    for (Vocabulary.Token token : tokens) {
      Message piece = new Message();
      piece.bytes(1, token.text().getBytes(StandardCharsets.UTF_8));
      piece.number(2, token.score());
      piece.varint(3, token.kind().number());
      model.bytes(1, piece.toByteArray());
    }
    Message trainer = new Message();
    trainer.varint(3, 2); // model_type: BPE
    trainer.varint(4, tokens.size()); // vocab_size
    boolean bytes = tokens.stream().anyMatch(token -> token.kind() == Vocabulary.Kind.BYTE);
    trainer.varint(35, bytes ? 1 : 0); // byte_fallback
    model.bytes(2, trainer.toByteArray());
    Message normalizer = new Message();
    normalizer.bytes(1, "identity".getBytes(StandardCharsets.UTF_8)); // name
    normalizer.varint(3, 1); // add_dummy_prefix
    normalizer.varint(4, 0); // remove_extra_whitespaces
    normalizer.varint(5, 1); // escape_whitespaces
    model.bytes(3, normalizer.toByteArray());
    return model.toByteArray();
  }

  /// A protobuf message as it grows.
  private static final class Message extends ByteArrayOutputStream {
    void varint(int field, long value) {
      varint((long) field << 3);
      varint(value);
    }

    void number(int field, float value) {
      varint((long) field << 3 | 5);
      writeBytes(
          ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    }

    void bytes(int field, byte[] value) {
      varint((long) field << 3 | 2);
      varint(value.length);
      writeBytes(value);
    }

    private void varint(long value) {
      long rest = value;
      while (rest > 0x7f) {
        write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      write((int) rest);
    }
  }

  /// Id of a piece that text can be merged into, or null.
  @Nullable Integer match(String text) {
    return matchable.get(text);
  }

  /// Id of any piece, specials included, or null.
  @Nullable Integer find(String text) {
    return all.get(text);
  }

  /// Id of the piece for one byte, or -1 without byte fallback.
  int byteId(int value) {
    return byteIds[value];
  }

  /// The byte that a piece stands for, or -1.
  int byteOf(int id) {
    String piece = pieces.get(id);
    boolean form = piece.length() == 6 && piece.startsWith("<0x");
    if (!form) {
      return -1;
    }
    int value = Integer.parseInt(piece.substring(3, 5), 16);
    return byteIds[value] == id ? value : -1;
  }
}
