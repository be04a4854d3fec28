package dev.jlava.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// The records of a mapped zip archive, zip64 included (PKWARE APPNOTE 6.3, section 4.3), as views
/// of their bytes: `java.util.zip` gives streams only. Checksums are not verified, which would read
/// every byte of the weights.
final class ZipRecords {
  /// The bytes of a record as they lie in the file.
  ///
  /// @param isPlain whether they are neither compressed nor encrypted
  record Stored(MemorySegment bytes, boolean isPlain) {}

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long LOCAL_HEADER = 0x04034b50L;
  private static final long DIRECTORY_HEADER = 0x02014b50L;
  private static final long END = 0x06054b50L;
  private static final int END_BYTES = 22;
  private static final long END_64 = 0x06064b50L;
  private static final long LOCATOR_64 = 0x07064b50L;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int MAX_COMMENT = 0xffff;
  private static final long IN_ZIP_64 = 0xffffffffL;
  private static final int ZIP_64_FIELD = 1;

  private final Path file;
  private final MemorySegment all;

  private ZipRecords(Path file, MemorySegment all) {
    this.file = file;
    this.all = all;
  }

  /// Records by name, in the directory's order.
  static Map<String, Stored> read(Path file, MemorySegment all) {
    ZipRecords records = new ZipRecords(file, all);
    try {
      return records.read();
    } catch (IndexOutOfBoundsException e) {
      throw new WeightsException(
          file + ": the zip directory points outside the file; download or copy it again", e);
    }
  }

  private Map<String, Stored> read() {
    long end = end();
    long count = u16(end + 10);
    long at = u32(end + 16);
    long locator = end - LOCATOR_64_BYTES;
    if (locator >= 0 && u32(locator) == LOCATOR_64) {
      long end64 = all.get(U64, locator + 8);
      expect(end64, END_64);
      count = all.get(U64, end64 + 32);
      at = all.get(U64, end64 + 48);
    }
    Map<String, Stored> records = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      at = record(at, records);
    }
    return records;
  }

  /// Where the end-of-directory record begins: the last such signature of the file.
  private long end() {
    long last = all.byteSize() - END_BYTES;
    for (long at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
      if (u32(at) == END) {
        return at;
      }
    }
    throw new WeightsException(
        file
            + ": truncated (found no zip directory at the end of its "
            + all.byteSize()
            + " bytes); download or copy it again");
  }

  /// Adds the record of a directory entry and tells where the next entry begins.
  private long record(long at, Map<String, Stored> records) {
    expect(at, DIRECTORY_HEADER);
    int nameLength = u16(at + 28);
    int extraLength = u16(at + 30);
    String name = text(at + 46, nameLength);
    boolean isPlain = u16(at + 10) == 0 && (u16(at + 8) & 1) == 0;
    Sizes sizes = sizes(at, all.asSlice(at + 46 + nameLength, extraLength));
    expect(sizes.offset, LOCAL_HEADER);
    long data = sizes.offset + 30 + u16(sizes.offset + 26) + u16(sizes.offset + 28);
    if (records.put(name, new Stored(all.asSlice(data, sizes.bytes), isPlain)) != null) {
      throw new WeightsException(file + ": two records are named '" + name + "'");
    }
    return at + 46 + nameLength + extraLength + u16(at + 32);
  }

  private record Sizes(long bytes, long offset) {}

  /// Length of a record and place of its local header, from the entry or from its zip64 field,
  /// which holds those of (uncompressed, compressed, offset) that the entry marks.
  private Sizes sizes(long at, MemorySegment extra) {
    long bytes = u32(at + 20);
    long offset = u32(at + 42);
    for (long i = 0; i + 4 <= extra.byteSize(); i += 4 + (extra.get(U16, i + 2) & 0xffff)) {
      if ((extra.get(U16, i) & 0xffff) == ZIP_64_FIELD) {
        long next = i + 4 + (u32(at + 24) == IN_ZIP_64 ? 8 : 0);
        if (bytes == IN_ZIP_64) {
          bytes = extra.get(U64, next);
          next += 8;
        }
        offset = offset == IN_ZIP_64 ? extra.get(U64, next) : offset;
      }
    }
    return new Sizes(bytes, offset);
  }

  private void expect(long at, long signature) {
    if (u32(at) != signature) {
      throw new WeightsException(
          file
              + ": damaged zip directory (found "
              + Long.toHexString(u32(at))
              + " at byte "
              + at
              + ", expected "
              + Long.toHexString(signature)
              + "); download or copy it again");
    }
  }

  private String text(long at, int length) {
    byte[] bytes = all.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private int u16(long at) {
    return all.get(U16, at) & 0xffff;
  }

  private long u32(long at) {
    return all.get(U32, at) & 0xffffffffL;
  }
}
