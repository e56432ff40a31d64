using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;

namespace PSIpc;

/// <summary>The object behind PowerShell's wrapper.</summary>
internal static class PSObjectValue
{
    /// <summary>The base object of a PSObject; any other value unchanged.</summary>
    [return: NotNullIfNotNull(nameof(value))]
    public static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
