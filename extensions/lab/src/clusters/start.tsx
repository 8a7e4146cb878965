/** The form that starts a cluster. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { type ClusterWatch, explainTrouble } from "@museion/widgets/lib/cluster/index";
import { type FormEvent, useId, useState } from "react";

interface StartProps {
  readonly watch: ClusterWatch;
  readonly places: readonly string[];
  readonly trans: TranslationBundle;
}

type Failure = { readonly message: string; readonly hint: string } | null;

export function StartForm({ watch, places, trans }: StartProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>(null);

  const start = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    setBusy(true);
    setFailure(null);
    try {
      await watch.start({
        name: String(said.get("name")),
        place: String(said.get("place")),
        workers: Number(said.get("workers")),
        memory_gb: Number(said.get("memory_gb")),
      });
      setOpen(false);
    } catch (error) {
      setFailure(explainTrouble(error));
    }
    setBusy(false);
  };

  return (
    <details
      className="mus-Start"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{trans.__("Start a cluster")}</summary>
      <form className="mus-Start-form" onSubmit={(event) => void start(event)}>
        <Field label={trans.__("Name")} name="name" type="text" value="analysis" maxLength={80} />
        <Place label={trans.__("Place")} places={places} trans={trans} />
        <Field label={trans.__("Workers")} name="workers" type="number" value="2" min={1} />
        <Field
          label={trans.__("Memory of each, in GB")}
          name="memory_gb"
          type="number"
          value="1"
          min={0.25}
          step="any"
        />
        {failure && (
          <div className="mus-Notice" role="alert">
            <p>{failure.message}</p>
            <p className="mus-hint">{failure.hint}</p>
          </div>
        )}
        <button type="submit" className="mus-Button" disabled={isBusy}>
          {isBusy ? trans.__("Starting …") : trans.__("Start")}
        </button>
      </form>
    </details>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly type: "text" | "number";
  readonly value: string;
  readonly min?: number;
  readonly step?: string;
  readonly maxLength?: number;
}

function Field({ label, value, ...input }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <div className="mus-Field">
      <label htmlFor={id}>{label}</label>
      <input id={id} required defaultValue={value} {...input} />
    </div>
  );
}

interface PlaceProps {
  readonly label: string;
  readonly places: readonly string[];
  readonly trans: TranslationBundle;
}

function Place({ label, places, trans }: PlaceProps): JSX.Element {
  const id = useId();
  return (
    <div className="mus-Field">
      <label htmlFor={id}>{label}</label>
      <select id={id} name="place">
        {places.map((place) => (
          <option key={place} value={place}>
            {place === "workspace" ? trans.__("this workspace") : place}
          </option>
        ))}
      </select>
    </div>
  );
}
