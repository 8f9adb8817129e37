extension StatusPage {
  /// The history of one month, newest day first, with links to the months beside it.
  ///
  /// Every day has the anchor `d` and its number, where the bars of the page lead.
  public func historyHTML(_ month: CalendarMonth) -> [UInt8] {
    let today = CalendarDay(of: now)
    return PageFrame(page: self, title: "History, \(month.words)").document(capacity: 65_536) {
      writer in
      writer.raw("<h1>")
      writer.text(month.words)
      writer.raw("</h1>\n")
      months(month, today.ofMonth, &writer)
      var day = Self.lastDay(of: month, today)
      while let current = day, current.ofMonth == month {
        self.day(current, today, &writer)
        day = current.number > 0 ? CalendarDay(number: current.number - 1) : nil
      }
    }
  }

  /// The newest day of a month that is not in the future; `nil` where all of it is, and before 1970.
  private static func lastDay(of month: CalendarMonth, _ today: CalendarDay) -> CalendarDay? {
    if month > today.ofMonth || month.year < 1970 { return nil }
    if month == today.ofMonth { return today }
    // A guess that is at most days away, and then day by day.
    let months = (month.year - 1970) * 12 + month.month
    var day = CalendarDay(number: months * 30_436_875 / 1_000_000)
    while day.ofMonth > month { day = CalendarDay(number: day.number - 1) }
    while CalendarDay(number: day.number + 1).ofMonth <= month {
      day = CalendarDay(number: day.number + 1)
    }
    return day
  }

  private func months(
    _ month: CalendarMonth, _ present: CalendarMonth, _ writer: inout MarkupWriter
  ) {
    writer.raw("<nav class=\"months\" aria-label=\"Months\">")
    for (other, relation) in [(month.previous, "prev" as StaticString), (month.next, "next")]
    where other <= present && other.year >= 1970 {
      writer.raw("<a rel=\"")
      writer.raw(relation)
      writer.raw("\" href=\"")
      writer.text(address.history(other))
      writer.raw("\">")
      writer.text(other.words)
      writer.raw("</a> ")
    }
    writer.raw("</nav>\n")
  }

  private func day(_ day: CalendarDay, _ today: CalendarDay, _ writer: inout MarkupWriter) {
    let own = incidents.filter { CalendarDay(of: $0.startedAt) == day }
    let planned = maintenances.filter {
      CalendarDay(of: $0.scheduledFor) == day && $0.scheduledFor <= now
    }
    writer.raw("<section class=\"day\" id=\"d")
    writer.number(day.day)
    writer.raw("\"><h2><time datetime=\"")
    writer.text(day.date)
    writer.raw("\">")
    writer.text(day.words)
    writer.raw("</time></h2>\n")
    let hasDays = downtimes(daysAgo: today.number - day.number, &writer)
    if own.isEmpty, planned.isEmpty, !hasDays { writer.raw("<p class=\"q\">No incidents.</p>\n") }
    for incident in own { IncidentBlock(page: self).write(incident, into: &writer) }
    for maintenance in planned { IncidentBlock(page: self).write(maintenance, into: &writer) }
    writer.raw("</section>\n")
  }

  /// The components whose bar of this day tells of something; whether there are any.
  private func downtimes(daysAgo: Int64, _ writer: inout MarkupWriter) -> Bool {
    guard 0..<Int64(Self.mostDays) ~= daysAgo else { return false }
    var hasAny = false
    for group in groups {
      for component in group.components {
        let index = component.days.count - 1 - Int(daysAgo)
        guard index >= 0, DayStrip.isEventful(component.days[index]) else { continue }
        if !hasAny { writer.raw("<ul class=\"g col\">") }
        hasAny = true
        let day = component.days[index]
        writer.raw("<li class=\"")
        writer.raw(StateIcon.letter(day.state))
        writer.raw("\">")
        writer.icon(day.state)
        writer.raw("<span>")
        writer.isolated(component.name)
        writer.raw(": ")
        writer.text(day.words)
        writer.raw("</span></li>")
      }
    }
    if hasAny { writer.raw("</ul>\n") }
    return hasAny
  }
}
