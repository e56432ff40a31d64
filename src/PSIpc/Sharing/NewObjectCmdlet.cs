using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A cmdlet that makes named objects of one kind, or opens those that exist.</summary>
/// <typeparam name="T">The class of the objects.</typeparam>
public abstract class NewObjectCmdlet<T> : IpcCmdlet
    where T : class, IIpcObject
{
    private protected NewObjectCmdlet()
    {
    }

    /// <summary>
    /// Opens the object of that name if it exists, and makes it if not. When several processes do so at the same time, one of them makes the object and all of them open it. An option that differs from
    /// that of the existing object is an error (<c>IpcAlreadyExists</c>). Initial contents are ignored for an existing object.
    /// </summary>
    [Parameter]
    public SwitchParameter OpenExisting { get; set; }

    private protected abstract NamedObjects<T> Known { get; }

    /// <summary>Makes an object, or opens it, and writes it.</summary>
    /// <param name="name">Its name; null for a new one.</param>
    /// <param name="make">Makes it, or opens it where that was asked for.</param>
    /// <param name="options">The options that an object has for good: the parameter, what it asks for, and what the object has.</param>
    /// <param name="prepare">What to do with it before it is written.</param>
    private protected void Write(string? name, Func<T> make, Func<T, (string Parameter, object? Asked, object? Actual)[]> options, Action<T>? prepare = null) => Try(
        () =>
        {
            T? held = OpenExisting && name is not null ? Known.Held(name) : null;
            T target = held ?? make();
            if (OpenExisting && Array.Find(options(target), o => MyInvocation.BoundParameters.ContainsKey(o.Parameter) && !Equals(o.Asked, o.Actual)) is { Parameter: not null } other)
            {
                if (held is null)
                {
                    target.Dispose();
                }

                throw new IpcException(IpcErrorKind.AlreadyExists, Messages.ObjectHasOtherOption.With(target.Kind, name, other.Parameter, other.Actual, other.Asked), name);
            }

            prepare?.Invoke(target);
            WriteMade(target, OpenExisting ? "Made or opened" : "Made");
        },
        name);
}
