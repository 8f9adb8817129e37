import JSON

/// Turns values into JSON trees, as `JSONEncoder` turns them into text, several times as fast.
enum Tree {
  static func of(_ value: some Encodable) throws -> JSONValue {
    let node = TreeNode()
    try value.encode(to: TreeEncoder(node: node, codingPath: []))
    return node.value
  }
}

/// A place in the tree while it is filled.
final class TreeNode {
  private enum Kind {
    case empty
    case leaf(JSONValue)
    case array([TreeNode])
    case object([(name: String, node: TreeNode)])
  }

  private var kind = Kind.empty

  var value: JSONValue {
    switch kind {
    case .empty: return .object(JSONObject())
    case .leaf(let value): return value
    case .array(let nodes): return .array(nodes.map(\.value))
    case .object(let members):
      var object = JSONObject()
      for member in members { object[member.name] = member.node.value }
      return .object(object)
    }
  }

  var count: Int {
    if case .array(let nodes) = kind { return nodes.count }
    return 0
  }

  func set(_ value: JSONValue) { kind = .leaf(value) }

  func becomeObject() {
    if case .object = kind { return }
    kind = .object([])
  }

  func becomeArray() {
    if case .array = kind { return }
    kind = .array([])
  }

  func member(_ name: String) -> TreeNode {
    let node = TreeNode()
    guard case .object(var members) = kind else {
      kind = .object([(name, node)])
      return node
    }
    kind = .empty
    members.append((name, node))
    kind = .object(members)
    return node
  }

  func element() -> TreeNode {
    let node = TreeNode()
    guard case .array(var nodes) = kind else {
      kind = .array([node])
      return node
    }
    kind = .empty
    nodes.append(node)
    kind = .array(nodes)
    return node
  }

  func set(integer value: some BinaryInteger, _ path: [any CodingKey]) throws {
    guard let integer = Int64(exactly: value) else {
      throw EncodingError.invalidValue(
        value,
        EncodingError.Context(
          codingPath: path, debugDescription: "\(value) does not fit 64 bits with a sign."))
    }
    set(.integer(integer))
  }

  func set(encoding value: some Encodable, _ path: [any CodingKey]) throws {
    if let text = value as? String { return set(.string(text)) }
    try value.encode(to: TreeEncoder(node: self, codingPath: path))
  }
}

struct TreeEncoder: Encoder {
  let node: TreeNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(TreeObjectEncoder(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return TreeArrayEncoder(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    TreeLeafEncoder(node: node, codingPath: codingPath)
  }
}

private struct TreeObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: TreeNode
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { node.member(key.stringValue).set(.null) }
  func encode(_ value: Bool, forKey key: Key) { node.member(key.stringValue).set(.bool(value)) }
  func encode(_ value: String, forKey key: Key) {
    node.member(key.stringValue).set(.string(value))
  }
  func encode(_ value: Double, forKey key: Key) {
    node.member(key.stringValue).set(.number(value))
  }
  func encode(_ value: Float, forKey key: Key) { encode(Double(value), forKey: key) }
  func encode<T: Encodable & BinaryInteger>(_ value: T, forKey key: Key) throws {
    try node.member(key.stringValue).set(integer: value, codingPath)
  }
  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    try node.member(key.stringValue).set(encoding: value, codingPath)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    TreeEncoder(node: node.member(key.stringValue), codingPath: codingPath)
      .container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    TreeEncoder(node: node.member(key.stringValue), codingPath: codingPath).unkeyedContainer()
  }

  func superEncoder() -> any Encoder {
    TreeEncoder(node: node.member("super"), codingPath: codingPath)
  }

  func superEncoder(forKey key: Key) -> any Encoder {
    TreeEncoder(node: node.member(key.stringValue), codingPath: codingPath)
  }
}

private struct TreeArrayEncoder: UnkeyedEncodingContainer {
  let node: TreeNode
  let codingPath: [any CodingKey]
  var count: Int { node.count }

  func encodeNil() { node.element().set(.null) }
  func encode(_ value: Bool) { node.element().set(.bool(value)) }
  func encode(_ value: String) { node.element().set(.string(value)) }
  func encode(_ value: Double) { node.element().set(.number(value)) }
  func encode(_ value: Float) { encode(Double(value)) }
  func encode<T: Encodable & BinaryInteger>(_ value: T) throws {
    try node.element().set(integer: value, codingPath)
  }
  func encode<T: Encodable>(_ value: T) throws {
    try node.element().set(encoding: value, codingPath)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    TreeEncoder(node: node.element(), codingPath: codingPath).container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    TreeEncoder(node: node.element(), codingPath: codingPath).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { TreeEncoder(node: node.element(), codingPath: codingPath) }
}

private struct TreeLeafEncoder: SingleValueEncodingContainer {
  let node: TreeNode
  let codingPath: [any CodingKey]

  func encodeNil() { node.set(.null) }
  func encode(_ value: Bool) { node.set(.bool(value)) }
  func encode(_ value: String) { node.set(.string(value)) }
  func encode(_ value: Double) { node.set(.number(value)) }
  func encode(_ value: Float) { encode(Double(value)) }
  func encode<T: Encodable & BinaryInteger>(_ value: T) throws {
    try node.set(integer: value, codingPath)
  }
  func encode<T: Encodable>(_ value: T) throws { try node.set(encoding: value, codingPath) }
}
