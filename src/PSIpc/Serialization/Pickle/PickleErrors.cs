using PSIpc.Core;

namespace PSIpc;

/// <summary>The errors of pickles.</summary>
internal static class PickleErrors
{
    /// <summary>A name that is not on the list.</summary>
    public static IpcException NotAllowed(string global, string? what = null) => new(
        IpcErrorKind.TypeNotAllowed,
        $"The pickle asks for '{global}'{(what is null ? "" : $", {what}")}. PSIpc reads data only: it never imports or calls anything. -AllowUnknown reads objects of other classes as PSCustomObjects that have the class's name.",
        global);
}
