using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;

namespace PSIpc;

/// <summary>
/// Members of errors that PowerShell's engine keeps to itself. Checked with PowerShell 7.4 to 7.6. Without one of them an error still arrives; it lacks
/// what the member would have carried.
/// </summary>
internal static class EngineErrorMembers
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    // TargetObject has no setter, and a new record would lose the rest of what a record carries.
    private static readonly FieldInfo? Target = typeof(ErrorRecord).GetField("_target", Any);

    // A record appends the name of the cmdlet that writes it to its id; a record that arrived has its full id already.
    private static readonly FieldInfo? FullId = typeof(ErrorRecord).GetField("_serializedFullyQualifiedErrorId", Any);

    // The script stack trace is that of the process in which the error occurred.
    private static readonly FieldInfo? StackTrace = typeof(ErrorRecord).GetField("_scriptStackTrace", Any);

    // InvocationInfo has no setter: the command and the position of an error are those of the process in which it occurred.
    private static readonly Action<ErrorRecord, InvocationInfo>? SetInvocation =
        typeof(ErrorRecord).GetMethod("SetInvocationInfo", Any, [typeof(InvocationInfo)])?.CreateDelegate<Action<ErrorRecord, InvocationInfo>>();

    // WriteError replaces a record's InvocationInfo by its own, unless this is set; Receive-Job and ForEach-Object -Parallel set it, too.
    private static readonly Action<ErrorRecord, bool>? SetPreserve =
        typeof(ErrorRecord).GetProperty("PreserveInvocationInfoOnce", Any)?.SetMethod?.CreateDelegate<Action<ErrorRecord, bool>>();

    // An InvocationInfo of a command of another process: what remoting makes of the properties that it receives.
    private static readonly ConstructorInfo? NewInvocation = typeof(InvocationInfo).GetConstructor(Any, [typeof(PSObject)]);

    // The position as an extent, which has its end too; the public properties have line, column and text.
    private static readonly PropertyInfo? Position = typeof(InvocationInfo).GetProperty("ScriptPosition", Any);

    private static readonly ConcurrentDictionary<Type, FieldInfo[]> RecordFields = new();

    /// <summary>Whether a record can be given a target.</summary>
    public static bool HasTarget => Target is not null;

    /// <summary>Whether a record can be given a script stack trace.</summary>
    public static bool HasStackTrace => StackTrace is not null;

    public static void SetTarget(ErrorRecord error, object? target) => Target?.SetValue(error, target);

    public static void SetFullId(ErrorRecord error, string id) => FullId?.SetValue(error, id);

    public static void SetStackTrace(ErrorRecord error, string? stack) => StackTrace?.SetValue(error, stack);

    public static void SetInvocationInfo(ErrorRecord error, InvocationInfo invocation) => SetInvocation?.Invoke(error, invocation);

    /// <summary>The next cmdlet that writes the record leaves its InvocationInfo as it is.</summary>
    public static void PreserveInvocationInfo(ErrorRecord error)
    {
        if (error.InvocationInfo is not null)
        {
            SetPreserve?.Invoke(error, true);
        }
    }

    /// <summary>The extent at which a command was invoked; null if there is none.</summary>
    public static IScriptExtent? PositionOf(InvocationInfo invocation) => invocation.DisplayScriptPosition ?? Position?.GetValue(invocation) as IScriptExtent;

    /// <summary>An InvocationInfo of a command of another process; null where the engine cannot make one.</summary>
    public static InvocationInfo? CreateInvocationInfo(PSObject properties)
    {
        try
        {
            return (InvocationInfo?)NewInvocation?.Invoke([properties]);
        }
        catch (TargetInvocationException)
        {
            return null; // An engine that expects other properties.
        }
    }

    /// <summary>
    /// Has an exception carry an error record, which <c>catch</c> takes as <c>$_</c>. RuntimeException has a public constructor for it, its subclasses and
    /// other classes with a record of their own have not.
    /// </summary>
    /// <returns>Whether the exception carries it.</returns>
    public static bool TryAttach(IContainsErrorRecord exception, ErrorRecord record)
    {
        foreach (FieldInfo field in RecordFields.GetOrAdd(exception.GetType(), FieldsOf))
        {
            field.SetValue(exception, record);
        }

        return ReferenceEquals(exception.ErrorRecord, record);
    }

    private static FieldInfo[] FieldsOf(Type type)
    {
        var fields = new List<FieldInfo>();
        for (Type? t = type; t is not null && t != typeof(Exception); t = t.BaseType)
        {
            fields.AddRange(t.GetFields(Any).Where(f => f.FieldType == typeof(ErrorRecord) && !f.IsInitOnly));
        }

        return [.. fields];
    }
}
