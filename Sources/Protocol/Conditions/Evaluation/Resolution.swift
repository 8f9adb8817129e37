/// What a subject comes to with a probe's facts.
enum Resolution: Hashable, Sendable {
  case one(FactValue)
  /// `nil` stands for an element that has no such value.
  case several([FactValue?])
  /// There is no such thing.
  case missing
  /// It can't be looked for, since the body is not JSON.
  case unreadable(JSONProblem)
  case tooCostly
}

extension Subject {
  /// Whether each of several values has to fit, and not one of them.
  var wantsEvery: Bool { isEvery || path.isMultiple }

  /// - Parameter steps: how much work may be done; what was done is taken off.
  func resolve(_ facts: ConditionFacts, steps: inout Int) -> Resolution {
    switch fact {
    case .body where facts.kind == .dns && facts.body == nil:
      resolveList(facts, steps: &steps)
    case .body: resolveBody(facts, steps: &steps)
    case .headers, .certificateNames, .dnsAnswers, .dnsSerials: resolveList(facts, steps: &steps)
    default: resolveSingle(facts.single(fact), steps: &steps)
    }
  }

  private func resolveSingle(_ value: FactValue?, steps: inout Int) -> Resolution {
    guard let value else { return function == .has ? .one(.truth(false)) : .missing }
    switch function {
    case nil: return .one(value)
    case .has: return .one(.truth(!value.bytes.isEmpty))
    case .len:
      let bytes = value.bytes
      guard Self.charge(bytes.count, &steps) else { return .tooCostly }
      return .one(.whole(Int64(JSONText.length(bytes))))
    }
  }

  private func resolveList(_ facts: ConditionFacts, steps: inout Int) -> Resolution {
    let values = facts.list(fact, header: header)
    switch function {
    case .has: return .one(.truth(!values.isEmpty))
    // Of a header the length of its value is meant, as Gatus has it.
    case .len where fact != .headers && !isEvery: return .one(.whole(Int64(values.count)))
    case .len where !values.isEmpty:
      guard Self.charge(values.reduce(0) { $0 &+ $1.utf8.count }, &steps) else {
        return .tooCostly
      }
      return .several(values.map { .whole(Int64($0.unicodeScalars.count)) })
    default: return values.isEmpty ? .missing : .several(values.map { .text($0) })
    }
  }

  private func resolveBody(_ facts: ConditionFacts, steps: inout Int) -> Resolution {
    guard let trimmed = facts.trimmedBody(steps: &steps) else { return .tooCostly }
    let text = trimmed.map { FactValue.text($0) }
    if path.steps.isEmpty, function != .len { return resolveSingle(text, steps: &steps) }
    let body = facts.body ?? []
    guard Self.charge(body.count, &steps) else { return .tooCostly }
    do throws(JSONProblem) {
      let spans = try JSONSearch.values(at: path, in: body)
      // What is found is read once more, to be written without escapes and spaces, or counted.
      let found = spans.reduce(0) { $0 &+ ($1?.range.count ?? 0) }
      if path.isMultiple {
        guard Self.charge(found, &steps) else { return .tooCostly }
        return .several(spans.map { value($0, body) })
      }
      let span = spans.first ?? nil
      // As Gatus has it: of a whole body only an array has elements to count.
      if path.steps.isEmpty, span?.kind != .array { return resolveSingle(text, steps: &steps) }
      guard Self.charge(found, &steps) else { return .tooCostly }
      return value(span, body).map { .one($0) } ?? .missing
    } catch {
      return path.steps.isEmpty ? resolveSingle(text, steps: &steps) : .unreadable(error)
    }
  }

  /// Charges what it costs to pass over so many bytes: about a quarter of a step's work each. False
  /// where that is more than there is.
  private static func charge(_ bytes: Int, _ steps: inout Int) -> Bool {
    let cost = bytes / 4 + 1
    guard cost <= steps else {
      steps = 0
      return false
    }
    steps -= cost
    return true
  }

  /// What a place in the document comes to; `nil` where it holds nothing.
  private func value(_ span: JSONSpan?, _ body: [UInt8]) -> FactValue? {
    switch function {
    case .has: .truth(span.map { $0.kind != .null } ?? false)
    case .len: span.flatMap { length($0, body) }.map { .whole(Int64($0)) }
    case nil: span.map { value($0, body) }
    }
  }

  private func length(_ span: JSONSpan, _ body: [UInt8]) -> Int? {
    switch span.kind {
    case .null: nil
    case .array: span.count
    case .bool, .number, .string, .object: JSONText.length(value(span, body).bytes)
    }
  }

  private func value(_ span: JSONSpan, _ body: [UInt8]) -> FactValue {
    let bytes = body[span.range]
    switch span.kind {
    case .number: return .number(bytes)
    case .null, .bool: return .text(bytes)
    case .array, .object: return .text(JSONText.minified(bytes)[...])
    case .string:
      let content = bytes.dropFirst().dropLast()
      guard content.contains(UInt8(ascii: "\\")) else { return .text(content) }
      return .text((JSONText.unescaped(content) ?? [])[...])
    }
  }
}
