using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The error for an argument that is no IPC object, nor the name of one.</summary>
internal static class WrongArgument
{
    /// <summary>Says what the argument is; of a dead copy of an object, how to get the live one.</summary>
    /// <param name="argument">What was given.</param>
    /// <param name="noun">What was wanted.</param>
    public static IpcException Error(object? argument, string noun)
    {
        if ((argument is PSObject holder ? holder.BaseObject : argument) is MissingIpcObject missing)
        {
            return missing.Error();
        }

        string? typeName = (argument as PSObject)?.TypeNames.FirstOrDefault(t => t.StartsWith("Deserialized.PSIpc.", StringComparison.Ordinal));
        object? plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        if (typeName is not null && ((PSObject)argument!).Properties["Name"]?.Value is string name)
        {
            return new IpcException(
                IpcErrorKind.InvalidArgument,
                Messages.ArgumentDeadCopy.With(name, typeName),
                name);
        }

        return new IpcException(IpcErrorKind.InvalidArgument, Messages.ArgumentInvalid.With(plain, plain?.GetType().ToString() ?? "null", noun, plain is int or long or double ? Messages.ArgumentNeedsQuotes.With(plain) : ""));
    }
}
