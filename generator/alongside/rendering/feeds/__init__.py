"""What calendar apps and readers subscribe to: iCalendar, Atom and JSON Feed."""
