using System.Collections.Concurrent;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace PSIpc;

/// <summary>
/// Makes the exceptions of errors that arrive, so that <c>catch</c> finds them by their types. A type is taken from data by its name, and so it is restricted: a public exception
/// of .NET or of PowerShell itself, of an assembly that is loaded, with a constructor of a message. No other code runs; a type that does not qualify is represented by its
/// closest base class that does, in the end by RemoteException.
/// </summary>
internal static class RemoteExceptions
{
    /// <summary>The entry of <see cref="Exception.Data"/> with the name of the original type.</summary>
    public const string TypeKey = "ExceptionType";

    /// <summary>The most inner exceptions that travel.</summary>
    public const int MaxInner = 8;

    /// <summary>The most base classes that travel.</summary>
    public const int MaxBases = 16;

    private const int MaxKnown = 500;
    private const char Separator = ';';

    private static readonly ConcurrentDictionary<string, Func<string, Exception?, Exception>?> Known = new(StringComparer.Ordinal);

    /// <summary>The names of an exception's type and of its base classes, the type first.</summary>
    public static string TypesOf(Exception exception)
    {
        var names = new List<string>();
        if (exception.Data[TypeKey] is string original && original != exception.GetType().FullName)
        {
            names.Add(original); // It has come from another process itself.
        }

        for (Type? type = exception.GetType(); type is not null && type != typeof(object) && names.Count <= MaxBases; type = type.BaseType)
        {
            names.Add(type.FullName ?? type.Name);
        }

        return string.Join(Separator, names);
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="types">What <see cref="TypesOf"/> gave.</param>
    /// <param name="message">Its message.</param>
    /// <param name="inner">The exception that caused it.</param>
    public static Exception Create(string types, string message, Exception? inner)
    {
        string[] names = types.Split(Separator, MaxBases + 2);
        foreach (string name in names)
        {
            // RemoteException, a RuntimeException itself, shows that the error came from another process.
            if (name == typeof(RuntimeException).FullName || name == typeof(Exception).FullName || name == typeof(RemoteException).FullName)
            {
                break;
            }

            if (TryCreate(name, message, inner) is { } made)
            {
                made.Data[TypeKey] = names[0];
                return made;
            }
        }

        return CreateRemote(names[0], message, inner);
    }

    /// <summary>The exception of an error whose type is not known here.</summary>
    public static RemoteException CreateRemote(string type, string message, Exception? inner)
    {
        var remote = new RemoteException(message, inner);
        remote.Data[TypeKey] = type;
        return remote;
    }

    private static Exception? TryCreate(string name, string message, Exception? inner)
    {
        if (!Known.TryGetValue(name, out Func<string, Exception?, Exception>? create))
        {
            create = Find(name);
            if (Known.Count < MaxKnown)
            {
                Known[name] = create;
            }
        }

        try
        {
            // Some constructors take another text for the message, such as the name of a parameter.
            return create?.Invoke(message, inner) is { } made && made.Message == message ? made : null;
        }
        catch (Exception e) when (e is TargetInvocationException or MemberAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static Func<string, Exception?, Exception>? Find(string name)
    {
        foreach (Assembly assembly in AssemblyLoadContext.Default.Assemblies)
        {
            if (IsTrusted(assembly) && assembly.GetType(name, throwOnError: false) is { } type && IsTrusted(type.Assembly))
            {
                return IsException(type) ? ConstructorOf(type) : null;
            }
        }

        return null;
    }

    private static bool IsException(Type type) => typeof(Exception).IsAssignableFrom(type) && type.IsVisible && !type.IsAbstract && !type.ContainsGenericParameters
        && !typeof(FlowControlException).IsAssignableFrom(type) && !typeof(PipelineStoppedException).IsAssignableFrom(type);

    private static Func<string, Exception?, Exception>? ConstructorOf(Type type) =>
        type.GetConstructor([typeof(string), typeof(Exception)]) is { } full ? (message, inner) => (Exception)full.Invoke([message, inner])
        : type.GetConstructor([typeof(string)]) is { } plain ? (message, _) => (Exception)plain.Invoke([message])
        : null;

    /// <summary>Whether an assembly is one of .NET's or of PowerShell's own: by its name, and beside the runtime or the engine.</summary>
    private static bool IsTrusted(Assembly assembly)
    {
        if (assembly == typeof(object).Assembly || assembly == typeof(PSObject).Assembly)
        {
            return true;
        }

        string name = assembly.GetName().Name ?? "";
        return !assembly.IsDynamic
            && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.PowerShell.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal))
            && FolderOf(assembly) is { Length: > 0 } folder
            && (folder == FolderOf(typeof(object).Assembly) || folder == FolderOf(typeof(PSObject).Assembly));
    }

    private static string? FolderOf(Assembly assembly) => Path.GetDirectoryName(assembly.Location);
}
