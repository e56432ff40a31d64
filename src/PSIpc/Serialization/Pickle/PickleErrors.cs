using PSIpc.Core;

namespace PSIpc;

/// <summary>The errors of pickles.</summary>
internal static class PickleErrors
{
    /// <summary>A name that is not on the list.</summary>
    public static IpcException NotAllowed(string global, string? what = null) => new(
        IpcErrorKind.TypeNotAllowed,
        Messages.PickleAsksForClass.With(global, what is null ? "" : $", {what}"),
        global);
}
