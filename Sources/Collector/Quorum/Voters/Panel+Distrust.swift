extension Panel {
  /// The same, with the voter of one region distrusted for `reason`.
  public func distrusting(_ region: String, _ reason: String) -> Panel {
    Panel(
      seats.map { seat in
        var seat = seat
        if seat.region == region { seat.voter?.trust = .distrusted(reason: reason) }
        return seat
      })
  }
}
