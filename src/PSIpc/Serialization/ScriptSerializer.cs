using System.Buffers;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A serializer of two script blocks. Each gets what it is to convert as <c>$_</c> and as its first argument.</summary>
internal sealed class ScriptSerializer(string name, string description, ScriptBlock serialize, ScriptBlock deserialize) : IIpcSerializer
{
    private readonly Guid? _runspace = Runspace.DefaultRunspace?.InstanceId;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Description => description;

    /// <summary>Runs the first script block, which gives bytes (an array, or one by one) or text, which is written as UTF-8.</summary>
    public void Serialize(object? value, IBufferWriter<byte> output, int depth)
    {
        Collection<PSObject> results = Run(serialize, value);
        if (results.Count == 1 && results[0]?.BaseObject is byte[] bytes)
        {
            output.Write(bytes);
        }
        else if (results.Count == 1 && results[0]?.BaseObject is string text)
        {
            output.Write(Encoding.UTF8.GetBytes(text));
        }
        else
        {
            foreach (PSObject? result in results)
            {
                output.Write([result?.BaseObject is byte single ? single : throw NoBytes(result)]);
            }
        }
    }

    /// <summary>Runs the second script block with the bytes. Several objects from it are an array.</summary>
    public object? Deserialize(ReadOnlyMemory<byte> data)
    {
        Collection<PSObject> results = Run(deserialize, data.ToArray());
        return results.Count switch
        {
            0 => null,
            1 => results[0],
            _ => results.ToArray<object>(),
        };
    }

    private Collection<PSObject> Run(ScriptBlock script, object? input)
    {
        // A script block belongs to the runspace that made it. In another one its text runs, without the variables around it.
        ScriptBlock here = Runspace.DefaultRunspace?.InstanceId == _runspace ? script : ScriptBlock.Create(script.ToString());
        return here.InvokeWithContext(null, [new PSVariable("_", input)], [input]);
    }

    private IpcException NoBytes(PSObject? result) => new(
        IpcErrorKind.Serialization,
        Messages.SerializerScriptResult.With(name, result?.BaseObject.GetType().ToString() ?? "null"));
}
