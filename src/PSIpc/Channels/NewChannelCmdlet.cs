using System.Management.Automation;

namespace PSIpc;

/// <summary>What the cmdlets that make channels share: how objects are written where a sender does not say.</summary>
public abstract class NewChannelCmdlet : IpcCmdlet
{
    /// <summary>The serializer of senders that name none (MessagePack; CStruct where there is a layout).</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Serializer { get; set; }

    /// <summary>The layout that this process writes C structures by: what New-CStruct made, its name, or C text. Receivers need not know it; senders in other processes say their own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CStructNameCompleter))]
    [ValidateNotNull]
    public object? Layout { get; set; }

    /// <summary>The serializer that was asked for, or that the layout asks for.</summary>
    private protected string SerializerName =>
        Serializer ?? (Layout is null ? IpcSerializers.DefaultName : CStructIpcSerializer.SerializerName);

    /// <summary>Makes a channel with the layout that was asked for, and writes it.</summary>
    /// <param name="make">Makes it.</param>
    /// <param name="ends">What objects are sent into.</param>
    private protected void Write<T>(Func<T> make, Func<T, IEnumerable<IpcChannel>> ends)
        where T : class, IIpcObject
    {
        CStruct? layout = Layout is null ? null : CStructArgument.Resolve(Layout);
        _ = IpcSerializers.Get(SerializerName, layout);
        T made = make();
        foreach (IpcChannel end in ends(made))
        {
            end.Layout = layout;
        }

        WriteMade(made);
    }
}
