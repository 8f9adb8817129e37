import Store

/// What a session knows of the slots that its agent's records may name.
struct SlotTable: Sendable {
  /// Where the records of one slot belong.
  struct Place: Hashable, Sendable {
    var monitorKey: Int64
    var organizationID: Int32
    var epoch: Int32
    /// For how long a finding may vote, in milliseconds of agent time.
    var freshMs: Int64
    /// Whether the agent holds the slot now; what it finds in another is history.
    var isHeld: Bool
    /// The last finding that the quorum was told in this session; `nil` where none is known.
    var told: ResultOutcome?
  }

  private var indexes: [UInt64: Int] = [:]
  private(set) var places: ContiguousArray<Place> = []
  /// Slots that were asked for and that no monitor of the agent's has: those of the last batches, up
  /// to the bound, and always all of the last one that asked.
  private var unknown: Set<UInt64> = []
  private static let unknownBound = 10_000

  /// Where a slot's place stands in ``places``.
  func index(of slot: UInt64) -> Int? { indexes[slot] }

  /// Whether the store was asked for this slot and has none.
  func isKnownToBeUnknown(_ slot: UInt64) -> Bool { unknown.contains(slot) }

  mutating func setTold(_ outcome: ResultOutcome?, at index: Int) { places[index].told = outcome }

  /// Takes over the present assignment: what is no longer in it is history from now on.
  mutating func assign(_ held: [UInt64: Place]) {
    for index in places.indices where places[index].isHeld {
      places[index].isHeld = false
    }
    for (slot, place) in held {
      unknown.remove(slot)
      if let index = indexes[slot] {
        let told = places[index].told ?? place.told
        places[index] = place
        places[index].told = told
      } else {
        indexes[slot] = places.count
        places.append(place)
      }
    }
    for index in places.indices where !places[index].isHeld { places[index].told = nil }
  }

  /// Takes over what the store knows of slots that are not assigned. `asked` are all the slots of one
  /// batch that had no place, so that this batch asks once, however many there are.
  mutating func learn(_ found: [UInt64: Place], asked: Set<UInt64>) {
    for (slot, place) in found where indexes[slot] == nil {
      indexes[slot] = places.count
      places.append(place)
    }
    if unknown.count + asked.count > Self.unknownBound { unknown = [] }
    unknown.formUnion(asked.filter { indexes[$0] == nil })
  }

  /// What was told is no longer known: a batch that told it may not have been stored.
  mutating func forgetTold() {
    for index in places.indices { places[index].told = nil }
  }
}
