using System.Dynamic;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// Stands for a shared object whose reference arrived when the object no longer existed, or could not be opened here. What arrived with it is not affected; whoever uses the
/// object gets the error.
/// </summary>
public sealed class MissingIpcObject : DynamicObject, IIpcObject
{
    private readonly IpcException _reason;

    internal MissingIpcObject(IpcReference reference, IpcException reason)
    {
        Reference = reference;
        _reason = reason;
    }

    /// <inheritdoc/>
    public string Name => Reference.Name;

    string IIpcObject.ShownName => Name;

    /// <inheritdoc/>
    public ObjectKind Kind => Reference.Kind;

    /// <inheritdoc/>
    public IpcReference Reference { get; }

    /// <summary>True: it cannot be used.</summary>
    public bool IsRemoved => true;

    /// <summary>Why it could not be opened.</summary>
    public string Reason => _reason.Message;

    /// <summary>What it travels as: the reference that arrived.</summary>
    public IpcReference PassOn() => Reference;

    /// <summary>Throws the error by which opening failed.</summary>
    /// <param name="cancellation">Not used.</param>
    /// <exception cref="IpcException">Always.</exception>
    public void Remove(CancellationToken cancellation = default) => throw Error();

    /// <summary>Does nothing: nothing is open.</summary>
    public void Dispose()
    {
    }

    /// <summary>The object in words.</summary>
    public override string ToString() => $"missing {Kind.ToString().ToLowerInvariant()} '{Name}'";

    /// <summary>Throws the error: the object has no members while it is missing.</summary>
    /// <inheritdoc/>
    public override bool TryGetMember(GetMemberBinder binder, out object? result) => throw Error();

    /// <summary>Throws the error: the object has no members while it is missing.</summary>
    /// <inheritdoc/>
    public override bool TrySetMember(SetMemberBinder binder, object? value) => throw Error();

    /// <summary>Throws the error: the object has no members while it is missing.</summary>
    /// <inheritdoc/>
    public override bool TryInvokeMember(InvokeMemberBinder binder, object?[]? args, out object? result) => throw Error();

    /// <summary>Throws the error: the object has no elements while it is missing.</summary>
    /// <inheritdoc/>
    public override bool TryGetIndex(GetIndexBinder binder, object[] indexes, out object? result) => throw Error();

    /// <summary>Throws the error: the object has no elements while it is missing.</summary>
    /// <inheritdoc/>
    public override bool TrySetIndex(SetIndexBinder binder, object[] indexes, object? value) => throw Error();

    /// <summary>The error of whoever uses it.</summary>
    internal IpcException Error() => new(_reason.Kind, _reason.Message, Name, _reason);

    /// <summary>Throws the error of a value that a task cannot do without.</summary>
    /// <exception cref="IpcException">The value is a missing object.</exception>
    internal static void ThrowIfMissing(object? value)
    {
        if ((value is PSObject wrapped ? wrapped.BaseObject : value) is MissingIpcObject missing)
        {
            throw missing.Error();
        }
    }
}
