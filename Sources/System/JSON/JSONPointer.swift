/// Builds JSON Pointers (RFC 6901).
public enum JSONPointer {
  /// The pointer of the member or element `name` of what `parent` points to.
  public static func child(_ name: String, of parent: String) -> String {
    var text = parent + "/"
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
