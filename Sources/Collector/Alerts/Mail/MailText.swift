import Quorum

/// Writes a message as a mail (RFC 5322) of two forms, text and HTML (RFC 2046 section 5.1.4).
struct MailText {
  var message: AlertMessage
  var delivery: Delivery
  var from: String
  var fromName: String
  var to: [String]

  /// The whole mail.
  var bytes: [UInt8] {
    let boundary = "upblit-\(delivery.id)"
    var output = headers(boundary).flatMap { Array("\($0)\r\n".utf8) }
    for (type, text) in [("plain", message.text), ("html", html)] {
      output += Array(
        """
        \r\n--\(boundary)\r
        Content-Type: text/\(type); charset=utf-8\r
        Content-Transfer-Encoding: quoted-printable\r
        \r\n
        """.utf8)
      output += QuotedPrintable.encode(text)
    }
    return output + Array("\r\n--\(boundary)--\r\n".utf8)
  }

  private func headers(_ boundary: String) -> [String] {
    // A thread forms under an identifier that no mail has, since it is the incident's.
    let threads = message.items.map { "<\($0.notice.key)@\(delivery.host)>" }
    var headers = [
      "Date: \(CalendarTime(milliseconds: delivery.now).mail)",
      "From: \(EncodedWords.phrase(fromName))\r\n <\(from)>",
      "To: " + to.joined(separator: ",\r\n "),
      "Subject: \(EncodedWords.unstructured(subject))",
      "Message-ID: <\(delivery.id)@\(delivery.host)>",
      "References: " + Set(threads).sorted().joined(separator: "\r\n "),
      "Auto-Submitted: auto-generated",
    ]
    if !message.isDigest { headers.append("In-Reply-To: \(threads[0])") }
    if message.urgency == .page, !message.lead.event.isOver { headers.append("Importance: high") }
    return headers + [
      "MIME-Version: 1.0",
      "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"",
    ]
  }

  private var subject: String { EmailChannel.kindLimits.title.clip(message.title) }

  private var html: String {
    let escape = TextPlace.html.escape
    let color = ChannelColor(message).hex
    var rows = message.fields.map { field in
      let value = escape(field.value)
      return "<tr><th align=\"left\" valign=\"top\">\(escape(field.name))</th><td>"
        + (field.isCode ? "<code>\(value)</code>" : value) + "</td></tr>"
    }
    if !rows.isEmpty { rows = ["<table cellpadding=\"4\">"] + rows + ["</table>"] }
    if message.isDigest {
      let entries = message.entries + (message.more > 0 ? [TextLimit.closing(message.more)] : [])
      rows += ["<ul>"] + entries.map { "<li>\(escape($0))</li>" } + ["</ul>"]
    }
    let link =
      message.link.map { "<p><a href=\"\(escape($0))\">\(ChannelWords.open)</a></p>" } ?? ""
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>\(escape(message.title))</title></head>
      <body style="font-family:sans-serif">
      <h2 style="border-left:6px solid \(color);padding-left:8px">\(escape(message.title))</h2>
      \(rows.joined(separator: "\n"))
      \(link)
      </body></html>
      """
  }
}
