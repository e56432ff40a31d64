using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>The objects of one kind as users give them to cmdlets: an object, its name, or a name with wildcards.</summary>
/// <param name="kind">The kind.</param>
/// <param name="noun">What users call it, in lower case.</param>
/// <param name="open">Opens one by its name.</param>
internal class NamedObjects<T>(ObjectKind kind, string noun, Func<string, T> open)
    where T : class, IIpcObject
{
    /// <summary>What users call it.</summary>
    public string Noun => noun;

    /// <summary>Where they are: what their references name as the folder.</summary>
    private protected virtual string Place => IpcDirectory.Default.FullPath;

    /// <summary>The object of an argument.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with the object.</exception>
    public T Resolve(object? argument)
    {
        object? plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        return plain switch
        {
            T found => found,
            ILockOwner owner when owner.Lock is T own => own,
            string name => ByName(name),
            null => throw new IpcException(IpcErrorKind.NotFound, Messages.ArgumentNull.With(noun)),
            _ => throw WrongArgument.Error(argument, noun),
        };
    }

    /// <summary>The object of a name: the one that this session holds, or the one that another process made.</summary>
    public T ByName(string name) => Held(name) ?? OpenObjects.Hold(open(name));

    /// <summary>The object of a name that this session holds; null for none.</summary>
    public T? Held(string name) => OpenObjects.Find(Place, kind, IpcName.Check(name)) is T { IsRemoved: false } held ? held : null;

    /// <summary>Sleeps until there may be an object of a name, or of one that matches a wildcard.</summary>
    public virtual NameWatch Watch(string pattern) => NameWatch.Of(IpcDirectory.Default, kind, pattern);

    /// <summary>Whether an object of that name exists.</summary>
    public virtual bool Exists(string name) => File.Exists(IpcDirectory.Default.PathOf(kind, name));

    /// <summary>The names that match a wildcard.</summary>
    public virtual IEnumerable<string> NamesLike(string pattern)
    {
        var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
        return IpcDirectory.Default.List()
            .Where(o => o.Kind == kind && wildcard.IsMatch(o.Name))
            .Select(o => o.Name)
            .Order(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The objects and names of an argument, which may be a wildcard.</summary>
    public IEnumerable<object?> Expand(object? argument) =>
        (argument is PSObject wrapped ? wrapped.BaseObject : argument) is string text && WildcardPattern.ContainsWildcardCharacters(text)
            ? NamesLike(text)
            : [argument];

    /// <summary>Removes the file of an object that cannot be opened.</summary>
    public virtual void DeleteFile(string name) => IpcDirectory.Default.DeleteFile(kind, name);
}
