using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What the cmdlets that make channels share: how objects are written where a sender does not say.</summary>
/// <typeparam name="T">The class of the channels.</typeparam>
public abstract class NewChannelCmdlet<T> : NewObjectCmdlet<T>
    where T : class, IIpcObject
{
    private protected NewChannelCmdlet()
    {
    }

    /// <summary>The default serializer of the channel (MessagePack; CStruct with a layout).</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Serializer { get; set; }

    /// <summary>The layout of the C structures that this process sends: what New-CStruct made, its name, or C text. Messages carry it, so receivers need not know it; senders in other processes name their own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CStructNameCompleter))]
    [ValidateNotNull]
    public object? Layout { get; set; }

    /// <summary>The serializer that was asked for, or that the layout asks for.</summary>
    private protected string SerializerName =>
        Serializer ?? (Layout is null ? IpcSerializers.DefaultName : CStructIpcSerializer.SerializerName);

    /// <summary>Makes or opens a channel with the layout that was asked for, and writes it.</summary>
    /// <param name="name">Its name; null for a new one.</param>
    /// <param name="make">Makes it, or opens it where that was asked for.</param>
    /// <param name="ends">What objects are sent into.</param>
    /// <param name="options">The options that an object has for good: the parameter, what it asks for, and what the object has.</param>
    private protected void Write(
        string? name, Func<T> make, Func<T, IEnumerable<IpcChannel>> ends, Func<T, (string Parameter, object? Asked, object? Actual)[]> options) => Write(
        name,
        () =>
        {
            _ = IpcSerializers.Get(SerializerName, Layout is null ? null : CStructArgument.Resolve(Layout));
            return make();
        },
        made => [.. options(made), (Serializer is null ? nameof(Layout) : nameof(Serializer), IpcSerializers.Get(SerializerName).Name, ends(made).First().Serializer)],
        made =>
        {
            if (Layout is not null)
            {
                CStruct layout = CStructArgument.Resolve(Layout);
                foreach (IpcChannel end in ends(made))
                {
                    end.Layout = layout;
                }
            }
        });

    /// <summary>Opens what a server has, or makes it there, until one of the two succeeds: another process may make or remove it between them.</summary>
    private protected TChannel OpenOrMake<TChannel>(Func<TChannel> open, Func<TChannel> make)
    {
        while (OpenExisting)
        {
            StopToken.ThrowIfCancellationRequested();
            try
            {
                return open();
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.NotFound)
            {
            }

            try
            {
                return make();
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.AlreadyExists)
            {
            }
        }

        return make();
    }
}
