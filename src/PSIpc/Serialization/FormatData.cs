using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// What Format-Table and its kin write: a start, groups of entries, and an end, for Out-Default to print. The engine's classes for them are not public; it knows
/// those that come from another process again by their type names and by a property of each class (its ClassId), as long as all that is in them arrives as an object.
/// </summary>
internal static class FormatData
{
    private const string Namespace = "Microsoft.PowerShell.Commands.Internal.Format.";
    private const string Start = "Deserialized." + Namespace + "FormatStartData";
    private const string End = "Deserialized." + Namespace + "FormatEndData";

    private static readonly Type? Base = typeof(PSObject).Assembly.GetType(Namespace + "FormatInfoData");

    /// <summary>Whether an object is one of them, or a part of one.</summary>
    public static bool Contains(object value) => Base?.IsInstanceOfType(value) is true;

    /// <summary>Whether what has arrived begins a sequence.</summary>
    public static bool IsStart(object? value) => IsOf(value, Start);

    /// <summary>Whether what has arrived ends a sequence.</summary>
    public static bool IsEnd(object? value) => IsOf(value, End);

    private static bool IsOf(object? value, string type) =>
        value is PSObject { BaseObject: PSCustomObject } arrived && EngineMembers.TypeNamesOf(arrived) is [var first, ..] && first == type;
}
