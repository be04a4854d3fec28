package dev.jlava.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reader of Python pickles (protocols 2 to 5) that runs no code: what a pickle may name and call
/// is decided by [Objects], and opcodes that state dicts do not need are refused. Values become
/// `Long`, `Double`, `Boolean`, `String`, `List`, `Map`, [Tuple] and [None].
final class PickleReader {
  /// What the names and calls of a pickle mean; each throws on what it does not know.
  interface Objects {
    Object global(String module, String name);

    Object call(Object callee, List<Object> arguments);

    Object persistent(Object id);
  }

  record Tuple(List<Object> items) {}

  enum None {
    NONE
  }

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final Path file;
  private final MemorySegment bytes;
  private final Objects objects;
  private final Map<Long, Object> memo = new HashMap<>();

  /// The values since each mark that is still open, the latest first.
  private final Deque<List<Object>> stacks = new ArrayDeque<>();

  private long at;

  /// @param file for messages
  PickleReader(Path file, MemorySegment bytes, Objects objects) {
    this.file = file;
    this.bytes = bytes;
    this.objects = objects;
    stacks.push(new ArrayList<>());
  }

  /// The value of the pickle.
  Object read() {
    for (int code = u8(); code != '.'; code = u8()) {
      step(code);
    }
    return pop();
  }

  private void step(int code) {
    switch (code) {
      case 0x80 -> protocol();
      case 0x95 -> skip(8); // FRAME
      case '(' -> stacks.push(new ArrayList<>());
      case '0' -> pop();
      case 'N' -> push(None.NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) u8());
      case 'M' -> push((long) (bytes.get(U16, skip(2)) & 0xffff));
      case 'J' -> push((long) bytes.get(I32, skip(4)));
      case 0x8a -> push(integer());
      case 'G' -> push(bytes.get(F64, skip(8)));
      case 'X' -> push(text(u32()));
      case 0x8c -> push(text(u8()));
      case 0x8d -> push(text(bytes.get(I64, skip(8))));
      case ')' -> push(new Tuple(List.of()));
      case 0x85 -> push(tuple(1));
      case 0x86 -> push(tuple(2));
      case 0x87 -> push(tuple(3));
      case 't' -> push(new Tuple(popMark()));
      case ']' -> push(new ArrayList<>());
      case 'a' -> append(List.of(pop()));
      case 'e' -> append(popMark());
      case '}' -> push(new LinkedHashMap<>());
      case 's' -> put(tuple(2).items());
      case 'u' -> put(popMark());
      case 'q' -> memo.put((long) u8(), top());
      case 'r' -> memo.put(u32(), top());
      case 0x94 -> memo.put((long) memo.size(), top());
      case 'h' -> push(recall(u8()));
      case 'j' -> push(recall(u32()));
      case 'c' -> push(objects.global(line(), line()));
      case 0x93 -> stackGlobal();
      case 'Q' -> push(objects.persistent(pop()));
      case 'R' -> call();
      case 'b' -> build();
      default ->
          throw malformed(
              "opcode 0x%02x is not one that state dicts need; nothing was run".formatted(code));
    }
  }

  private void protocol() {
    int version = u8();
    if (version < 2 || version > 5) {
      throw malformed("pickle protocol " + version + ", expected 2 to 5");
    }
  }

  private long integer() {
    int length = u8();
    if (length > Long.BYTES) {
      throw malformed("an integer of " + length + " bytes, expected at most 8");
    }
    long from = skip(length);
    long value = 0;
    for (int i = length - 1; i >= 0; i--) {
      int digit = bytes.get(ValueLayout.JAVA_BYTE, from + i);
      value = i == length - 1 ? digit : value << 8 | (digit & 0xff);
    }
    return value;
  }

  private Tuple tuple(int length) {
    List<Object> items = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      items.addFirst(pop());
    }
    return new Tuple(items);
  }

  private void append(List<Object> items) {
    if (!(top() instanceof List<?> list)) {
      throw malformed("items appended to a " + kind(top()));
    }
    @SuppressWarnings("unchecked") // Every list here is made by step.
    List<Object> target = (List<Object>) list;
    target.addAll(items);
  }

  private void put(List<Object> keysAndValues) {
    if (!(top() instanceof Map<?, ?> map) || keysAndValues.size() % 2 != 0) {
      throw malformed("items put into a " + kind(top()));
    }
    @SuppressWarnings("unchecked") // Every map here is made by step or by objects.
    Map<Object, Object> target = (Map<Object, Object>) map;
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      Object key = keysAndValues.get(i);
      if (!(key instanceof String || key instanceof Long)) {
        throw malformed("a dict's key is a " + kind(key) + ", expected text or an integer");
      }
      target.put(key, keysAndValues.get(i + 1));
    }
  }

  private void stackGlobal() {
    List<Object> names = tuple(2).items();
    if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
      throw malformed("a global's name is not text");
    }
    push(objects.global(module, name));
  }

  private void call() {
    if (!(pop() instanceof Tuple arguments)) {
      throw malformed("a call without a tuple of arguments");
    }
    push(objects.call(pop(), arguments.items()));
  }

  /// Attributes of an ordered dict (`_metadata` in state dicts) are not among its items.
  private void build() {
    pop();
    if (!(top() instanceof Map)) {
      throw malformed("attributes set on a " + kind(top()) + "; nothing was run");
    }
  }

  private Object recall(long index) {
    Object value = memo.get(index);
    if (value == null) {
      throw malformed("no value is remembered as " + index);
    }
    return value;
  }

  private void push(Object value) {
    stacks.getFirst().add(value);
  }

  private Object top() {
    List<Object> stack = stacks.getFirst();
    if (stack.isEmpty()) {
      throw malformed("no value is left on the stack");
    }
    return stack.getLast();
  }

  private Object pop() {
    Object value = top();
    stacks.getFirst().removeLast();
    return value;
  }

  private List<Object> popMark() {
    if (stacks.size() == 1) {
      throw malformed("no mark is left on the stack");
    }
    return stacks.pop();
  }

  private int u8() {
    return bytes.get(ValueLayout.JAVA_BYTE, skip(1)) & 0xff;
  }

  private long u32() {
    return bytes.get(I32, skip(4)) & 0xffffffffL;
  }

  private String text(long length) {
    byte[] utf8 = bytes.asSlice(skip(length), length).toArray(ValueLayout.JAVA_BYTE);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private String line() {
    long length = 0;
    while (at + length < bytes.byteSize()
        && bytes.get(ValueLayout.JAVA_BYTE, at + length) != '\n') {
      length++;
    }
    String line = text(length);
    skip(1);
    return line;
  }

  /// Steps over that many bytes and tells where they begin.
  private long skip(long length) {
    if (length < 0 || length > bytes.byteSize() - at) {
      throw malformed("it ends early");
    }
    long from = at;
    at += length;
    return from;
  }

  static String kind(Object value) {
    return value.getClass().getSimpleName();
  }

  private WeightsException malformed(String what) {
    return new WeightsException(
        file
            + ": the pickle cannot be read at byte "
            + at
            + ": "
            + what
            + ". A file with more than tensors and their names must be saved again without the"
            + " rest, by whoever trusts it");
  }
}
