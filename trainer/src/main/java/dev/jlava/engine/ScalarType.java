package dev.jlava.engine;

/// Element type of a tensor; `code` is libtorch's number for it.
public enum ScalarType {
  U8(0, 1),
  I8(1, 1),
  I32(3, 4),
  I64(4, 8),
  F16(5, 2),
  F32(6, 4),
  F64(7, 8),
  BOOL(11, 1),
  BF16(15, 2);

  private final int code;
  private final int bytes;

  ScalarType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  public int code() {
    return code;
  }

  /// Bytes of one element.
  public int bytes() {
    return bytes;
  }

  static ScalarType ofCode(int code) {
    for (ScalarType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new IllegalStateException("libtorch scalar type " + code + " is not one that is used");
  }
}
