"""What can be wrong with a request for a report."""


class ReportsError(Exception):
    """Root of the errors of this package."""


class UnknownSiteError(ReportsError):
    """The estate has no such site."""


class InvalidPeriodError(ReportsError):
    """The period or its step cannot be read or does not fit."""


class UnreadableDatabaseError(ReportsError):
    """The database cannot be read."""


class UnknownReportError(ReportsError):
    """There is no report of that name."""


class InvalidOptionError(ReportsError):
    """An option of a report is not one of those it takes."""


class InvalidReportError(ReportsError):
    """A stored report cannot be read."""


class RenderingError(ReportsError):
    """A report cannot be set in the form asked for."""
