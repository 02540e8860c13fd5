<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en_US">
<context>
    <name>Tables</name>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>Einheit</translation>
    </message>
    <message>
        <source>Backward</source>
        <translation>Rückwärts</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Synthesis</source>
        <translation>Synthese</translation>
    </message>
    <message>
        <source>Colors</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>Present</source>
        <translation>Vorführen</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Open picture or film …</source>
        <translation>Bild oder Film öffnen …</translation>
    </message>
    <message>
        <source>Open folder …</source>
        <translation>Ordner öffnen …</translation>
    </message>
    <message>
        <source>Open checkpoint …</source>
        <translation>Checkpoint öffnen …</translation>
    </message>
    <message>
        <source>Train a network …</source>
        <translation>Netz trainieren …</translation>
    </message>
    <message>
        <source>Save panel …</source>
        <translation>Bereich speichern …</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>Einfügen</translation>
    </message>
    <message>
        <source>Copy panel</source>
        <translation>Bereich kopieren</translation>
    </message>
    <message>
        <source>Play / pause</source>
        <translation>Abspielen / anhalten</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>Ein Bild weiter</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>Ein Bild zurück</translation>
    </message>
    <message>
        <source>Freeze</source>
        <translation>Einfrieren</translation>
    </message>
    <message>
        <source>Camera / files</source>
        <translation>Kamera / Dateien</translation>
    </message>
    <message>
        <source>Next file</source>
        <translation>Nächste Datei</translation>
    </message>
    <message>
        <source>Previous file</source>
        <translation>Vorige Datei</translation>
    </message>
    <message>
        <source>Previous layer</source>
        <translation>Vorige Schicht</translation>
    </message>
    <message>
        <source>Next layer</source>
        <translation>Nächste Schicht</translation>
    </message>
    <message>
        <source>Unfold</source>
        <translation>Ausklappen</translation>
    </message>
    <message>
        <source>Fold</source>
        <translation>Einklappen</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>Links</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>Rechts</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>Oben</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>Unten</translation>
    </message>
    <message>
        <source>Far left</source>
        <translation>Weit nach links</translation>
    </message>
    <message>
        <source>Far right</source>
        <translation>Weit nach rechts</translation>
    </message>
    <message>
        <source>Far up</source>
        <translation>Weit nach oben</translation>
    </message>
    <message>
        <source>Far down</source>
        <translation>Weit nach unten</translation>
    </message>
    <message>
        <source>Enter the grid</source>
        <translation>Ins Mosaik</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Bookmark</source>
        <translation>Lesezeichen</translation>
    </message>
    <message>
        <source>Pin the origin</source>
        <translation>Ursprung festhalten</translation>
    </message>
    <message>
        <source>Next method</source>
        <translation>Nächste Methode</translation>
    </message>
    <message>
        <source>Previous method</source>
        <translation>Vorige Methode</translation>
    </message>
    <message>
        <source>Next view</source>
        <translation>Nächste Darstellung</translation>
    </message>
    <message>
        <source>Previous view</source>
        <translation>Vorige Darstellung</translation>
    </message>
    <message>
        <source>Activations / backward</source>
        <translation>Aktivierung / rückwärts</translation>
    </message>
    <message>
        <source>Invert again</source>
        <translation>Neu invertieren</translation>
    </message>
    <message>
        <source>First step</source>
        <translation>Erster Schritt</translation>
    </message>
    <message>
        <source>Step before</source>
        <translation>Schritt davor</translation>
    </message>
    <message>
        <source>Next step</source>
        <translation>Nächster Schritt</translation>
    </message>
    <message>
        <source>Last step</source>
        <translation>Letzter Schritt</translation>
    </message>
    <message>
        <source>Patterns</source>
        <translation>Muster</translation>
    </message>
    <message>
        <source>Grow</source>
        <translation>Los</translation>
    </message>
    <message>
        <source>Pause / continue</source>
        <translation>Anhalten / fortsetzen</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Merken</translation>
    </message>
    <message>
        <source>Next view of examples</source>
        <translation>Beispiele anders</translation>
    </message>
    <message>
        <source>Examples from</source>
        <translation>Beispiele aus</translation>
    </message>
    <message>
        <source>Next colors</source>
        <translation>Nächste Farben</translation>
    </message>
    <message>
        <source>Previous colors</source>
        <translation>Vorige Farben</translation>
    </message>
    <message>
        <source>Gamma</source>
        <translation>Gamma</translation>
    </message>
    <message>
        <source>Per-unit contrast</source>
        <translation>Kontrast je Einheit</translation>
    </message>
    <message>
        <source>Contrast</source>
        <translation>Kontrast</translation>
    </message>
    <message>
        <source>Overlay</source>
        <translation>Überlagerung</translation>
    </message>
    <message>
        <source>Go to …</source>
        <translation>Gehe zu …</translation>
    </message>
    <message>
        <source>Explore</source>
        <translation>Erkunden</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>Karte</translation>
    </message>
    <message>
        <source>Activation map</source>
        <translation>Aktivierungskarte</translation>
    </message>
    <message>
        <source>Graph</source>
        <translation>Graph</translation>
    </message>
    <message>
        <source>Kernels</source>
        <translation>Kernel</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfung</translation>
    </message>
    <message>
        <source>Enlarge</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Pictures alone</source>
        <translation>Nur Bilder</translation>
    </message>
    <message>
        <source>Larger letters</source>
        <translation>Größere Schrift</translation>
    </message>
    <message>
        <source>Smaller letters</source>
        <translation>Kleinere Schrift</translation>
    </message>
    <message>
        <source>Usual letters</source>
        <translation>Übliche Schrift</translation>
    </message>
    <message>
        <source>Unlock panels</source>
        <translation>Bereiche lösen</translation>
    </message>
    <message>
        <source>Next panel</source>
        <translation>Nächster Bereich</translation>
    </message>
    <message>
        <source>Previous panel</source>
        <translation>Voriger Bereich</translation>
    </message>
    <message>
        <source>Fit the mosaic</source>
        <translation>Mosaik einpassen</translation>
    </message>
    <message>
        <source>Pointer</source>
        <translation>Zeiger</translation>
    </message>
    <message>
        <source>Pen</source>
        <translation>Stift</translation>
    </message>
    <message>
        <source>What the cards mean</source>
        <translation>Hilfe zu den Bereichen</translation>
    </message>
    <message>
        <source>About this panel</source>
        <translation>Über diesen Bereich</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>choose a picture or a film</source>
        <translation>ein Bild, einen Film</translation>
    </message>
    <message>
        <source>run over its pictures</source>
        <translation>dessen Bilder durchlaufen</translation>
    </message>
    <message>
        <source>run a network of your own</source>
        <translation>ein eigenes Netz</translation>
    </message>
    <message>
        <source>one that imagines boards</source>
        <translation>sieht Spielfelder voraus</translation>
    </message>
    <message>
        <source>picture with recipe, or numbers</source>
        <translation>mit Rezept, oder Zahlen</translation>
    </message>
    <message>
        <source>close the program</source>
        <translation>das Programm schließen</translation>
    </message>
    <message>
        <source>the last choice, or the last stroke</source>
        <translation>letzte Wahl, letzter Strich</translation>
    </message>
    <message>
        <source>what was undone last</source>
        <translation>was zuletzt zurückging</translation>
    </message>
    <message>
        <source>a picture, a file name, an address</source>
        <translation>Bild, Dateiname, Adresse</translation>
    </message>
    <message>
        <source>the panel as a picture</source>
        <translation>den Bereich als Bild</translation>
    </message>
    <message>
        <source>in Steps: one step on</source>
        <translation>in Zeit: einen Schritt weiter</translation>
    </message>
    <message>
        <source>in Steps: one step back</source>
        <translation>in Zeit: einen Schritt zurück</translation>
    </message>
    <message>
        <source>hold the present frame</source>
        <translation>das jetzige Bild anhalten</translation>
    </message>
    <message>
        <source>change between camera and files</source>
        <translation>wechselt die Quelle</translation>
    </message>
    <message>
        <source>the next picture or film</source>
        <translation>nächstes Bild, nächster Film</translation>
    </message>
    <message>
        <source>the picture or film before</source>
        <translation>das Bild oder der Film davor</translation>
    </message>
    <message>
        <source>one layer towards the input</source>
        <translation>eine Schicht zur Eingabe hin</translation>
    </message>
    <message>
        <source>one layer towards the output</source>
        <translation>eine Schicht zur Ausgabe hin</translation>
    </message>
    <message>
        <source>the block on show, in the graph</source>
        <translation>den gezeigten Block im Graphen</translation>
    </message>
    <message>
        <source>the block around the layer, in the graph</source>
        <translation>den Block um die Schicht</translation>
    </message>
    <message>
        <source>the unit to the left</source>
        <translation>die Einheit links davon</translation>
    </message>
    <message>
        <source>the unit to the right</source>
        <translation>die Einheit rechts davon</translation>
    </message>
    <message>
        <source>the unit above</source>
        <translation>die Einheit darüber</translation>
    </message>
    <message>
        <source>the unit below</source>
        <translation>die Einheit darunter</translation>
    </message>
    <message>
        <source>three units to the left</source>
        <translation>drei Einheiten nach links</translation>
    </message>
    <message>
        <source>three units to the right</source>
        <translation>drei Einheiten nach rechts</translation>
    </message>
    <message>
        <source>three units up</source>
        <translation>drei Einheiten nach oben</translation>
    </message>
    <message>
        <source>three units down</source>
        <translation>drei Einheiten nach unten</translation>
    </message>
    <message>
        <source>select the first unit</source>
        <translation>die erste Einheit wählen</translation>
    </message>
    <message>
        <source>nothing selected, nothing pinned, plain view</source>
        <translation>nichts gewählt, festgehalten</translation>
    </message>
    <message>
        <source>the unit selected before</source>
        <translation>die zuvor gewählte Einheit</translation>
    </message>
    <message>
        <source>mark the unit to come back to it</source>
        <translation>die Einheit merken</translation>
    </message>
    <message>
        <source>backward passes keep starting here</source>
        <translation>für Rückwärtsläufe</translation>
    </message>
    <message>
        <source>deconvnet, guided, gradient</source>
        <translation>Deconvnet, Guided ...</translation>
    </message>
    <message>
        <source>the same, backwards</source>
        <translation>dasselbe, rückwärts</translation>
    </message>
    <message>
        <source>raw, gray, norm, blurred ...</source>
        <translation>roh, grau, Norm ...</translation>
    </message>
    <message>
        <source>what the mosaic shows</source>
        <translation>im Mosaik</translation>
    </message>
    <message>
        <source>inversion of the present frame</source>
        <translation>Inversion dieses Bildes</translation>
    </message>
    <message>
        <source>or call of the layer</source>
        <translation>oder Aufruf der Schicht</translation>
    </message>
    <message>
        <source>wherever the focus is</source>
        <translation>wo auch immer der Fokus ist</translation>
    </message>
    <message>
        <source>what the network answers</source>
        <translation>was das Netz antwortet</translation>
    </message>
    <message>
        <source>kept pictures in the mosaic, and back</source>
        <translation>gemerkte Bilder im Mosaik</translation>
    </message>
    <message>
        <source>a picture of what the unit wants</source>
        <translation>ein Bild von dem, was die Einheit will</translation>
    </message>
    <message>
        <source>hold the growing picture</source>
        <translation>was gerade wächst</translation>
    </message>
    <message>
        <source>the picture, in the library</source>
        <translation>das Bild, in der Bibliothek</translation>
    </message>
    <message>
        <source>crop, whole, deconvnet, guided</source>
        <translation>Ausschnitt, ganz ...</translation>
    </message>
    <message>
        <source>the library, or the last minutes</source>
        <translation>Bibliothek oder letzte Minuten</translation>
    </message>
    <message>
        <source>the next color map</source>
        <translation>die nächste Farbskala</translation>
    </message>
    <message>
        <source>the color map before</source>
        <translation>die Farbskala davor</translation>
    </message>
    <message>
        <source>1, 0.7, 0.5, 0.3: lift what is dark</source>
        <translation>1; 0,7; 0,5; 0,3: Dunkles heben</translation>
    </message>
    <message>
        <source>each unit its own range</source>
        <translation>jeder ihr Bereich</translation>
    </message>
    <message>
        <source>clip, per frame, running, fixed</source>
        <translation>gekappt, je Bild, laufend, fest</translation>
    </message>
    <message>
        <source>blend the unit's map into the input</source>
        <translation>die Karte über der Eingabe</translation>
    </message>
    <message>
        <source>a layer, and one of its units</source>
        <translation>eine Schicht und eine ihrer Einheiten</translation>
    </message>
    <message>
        <source>what a unit wants, large</source>
        <translation>was eine Einheit will, groß</translation>
    </message>
    <message>
        <source>steps, a board, training</source>
        <translation>Schritte, ein Spielfeld, Training</translation>
    </message>
    <message>
        <source>where the whole inner state is</source>
        <translation>wo der ganze innere Zustand ist</translation>
    </message>
    <message>
        <source>Map, and back to Explore</source>
        <translation>Karte, und zurück</translation>
    </message>
    <message>
        <source>the network as a graph, and back</source>
        <translation>das Netz als Graph, und zurück</translation>
    </message>
    <message>
        <source>the layer's weights, and back</source>
        <translation>die Gewichte der Schicht, und zurück</translation>
    </message>
    <message>
        <source>input, answers, normalization</source>
        <translation>Eingabe, Antworten, Normierung</translation>
    </message>
    <message>
        <source>what is under the mouse, and back</source>
        <translation>was unter der Maus ist, und zurück</translation>
    </message>
    <message>
        <source>what is open or enlarged, nothing else</source>
        <translation>was offen oder vergrößert ist</translation>
    </message>
    <message>
        <source>no menus and bars, all the screen</source>
        <translation>ohne Menüs und Leisten</translation>
    </message>
    <message>
        <source>up to 20 points</source>
        <translation>bis zu 20 Punkt</translation>
    </message>
    <message>
        <source>down to 10 points</source>
        <translation>bis hinab zu 10 Punkt</translation>
    </message>
    <message>
        <source>as the desktop has them</source>
        <translation>wie auf dem Schreibtisch</translation>
    </message>
    <message>
        <source>docks to arrange, or the mode</source>
        <translation>zum Anordnen, und zurück</translation>
    </message>
    <message>
        <source>move the focus on</source>
        <translation>den Fokus weitergeben</translation>
    </message>
    <message>
        <source>move the focus back</source>
        <translation>den Fokus zurückgeben</translation>
    </message>
    <message>
        <source>show all of it</source>
        <translation>alles davon zeigen</translation>
    </message>
    <message>
        <source>a ring around the mouse, for all to see</source>
        <translation>ein Ring um die Maus, für alle sichtbar</translation>
    </message>
    <message>
        <source>draw over the cards; Esc ends</source>
        <translation>über die Bereiche zeichnen; Esc beendet</translation>
    </message>
    <message>
        <source>a sentence each, and papers</source>
        <translation>je ein Satz</translation>
    </message>
    <message>
        <source>its page of the guide</source>
        <translation>seine Seite im Handbuch</translation>
    </message>
    <message>
        <source>this list</source>
        <translation>diese Liste</translation>
    </message>
    <message>
        <source>Letters do not fire while a text field has the focus.  h or a click closes.</source>
        <translation>Buchstaben wirken nicht, solange ein Textfeld den Fokus hat.  h oder ein Klick schließt.</translation>
    </message>
    <message>
        <source>Ctrl</source>
        <translation>Strg</translation>
    </message>
    <message>
        <source>Shift</source>
        <translation>Umschalt</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>Leertaste</translation>
    </message>
    <message>
        <source>PgDown</source>
        <translation>Bild ab</translation>
    </message>
    <message>
        <source>PgUp</source>
        <translation>Bild auf</translation>
    </message>
    <message>
        <source>Home</source>
        <translation>Pos1</translation>
    </message>
    <message>
        <source>End</source>
        <translation>Ende</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netz</translation>
    </message>
    <message>
        <source>system</source>
        <translation>wie das System</translation>
    </message>
    <message>
        <source>light</source>
        <translation>hell</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>dunkel</translation>
    </message>
    <message>
        <source>One layer, and everything about one of its units</source>
        <translation>Eine Schicht, und alles über eine ihrer Einheiten</translation>
    </message>
    <message>
        <source>The picture that a unit wants, as large as it goes</source>
        <translation>Das Bild, das eine Einheit will, so groß es geht</translation>
    </message>
    <message>
        <source>The steps of a recurrent network, a board, and training</source>
        <translation>Die Schritte eines rekurrenten Netzes, ein Spielfeld und Training</translation>
    </message>
    <message>
        <source>Where the network's whole inner state is</source>
        <translation>Wo der ganze innere Zustand des Netzes liegt</translation>
    </message>
    <message>
        <source>Input</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>Predictions</source>
        <translation>Vorhersagen</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>Schichten</translation>
    </message>
    <message>
        <source>Layer tree</source>
        <translation>Baum der Schichten</translation>
    </message>
    <message>
        <source>Units</source>
        <translation>Einheiten</translation>
    </message>
    <message>
        <source>Where it fires</source>
        <translation>Wo sie feuert</translation>
    </message>
    <message>
        <source>Deconvnet</source>
        <translation>Deconvnet</translation>
    </message>
    <message>
        <source>Lens 1</source>
        <translation>Methode 1</translation>
    </message>
    <message>
        <source>Guided backprop</source>
        <translation>Guided Backprop</translation>
    </message>
    <message>
        <source>Lens 2</source>
        <translation>Methode 2</translation>
    </message>
    <message>
        <source>Gradient</source>
        <translation>Gradient</translation>
    </message>
    <message>
        <source>Lens 3</source>
        <translation>Methode 3</translation>
    </message>
    <message>
        <source>What it wants</source>
        <translation>Was sie will</translation>
    </message>
    <message>
        <source>What it fires on</source>
        <translation>Worauf sie feuert</translation>
    </message>
    <message>
        <source>Examples</source>
        <translation>Beispiele</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Statistik</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>What the picture reaches</source>
        <translation>Was das Bild erreicht</translation>
    </message>
    <message>
        <source>Kept pictures</source>
        <translation>Gemerkte Bilder</translation>
    </message>
    <message>
        <source>Nearest examples</source>
        <translation>Nächste Beispiele</translation>
    </message>
    <message>
        <source>Beside the map</source>
        <translation>Neben der Karte</translation>
    </message>
    <message>
        <source>Inversion</source>
        <translation>Inversion</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>Probleme</translation>
    </message>
    <message>
        <source>Click a unit</source>
        <translation>Eine Einheit anklicken</translation>
    </message>
    <message>
        <source>Walk with o and the arrows</source>
        <translation>Mit o und den Pfeiltasten wandern</translation>
    </message>
    <message>
        <source>Double click enlarges</source>
        <translation>Doppelklick vergrößert</translation>
    </message>
    <message>
        <source>Drop your own picture or checkpoint</source>
        <translation>Eigenes Bild oder Checkpoint hierher ziehen</translation>
    </message>
    <message>
        <source>Keys (h)</source>
        <translation>Tasten (h)</translation>
    </message>
    <message>
        <source>All words</source>
        <translation>Alle Begriffe</translation>
    </message>
    <message>
        <source>Guide</source>
        <translation>Handbuch</translation>
    </message>
    <message>
        <source>Show the tips again</source>
        <translation>Tipps noch einmal zeigen</translation>
    </message>
    <message>
        <source>Every key of the window</source>
        <translation>Jede Taste des Fensters</translation>
    </message>
    <message>
        <source>Every word that the window uses, in the guide</source>
        <translation>Jeder Begriff des Fensters, im Handbuch</translation>
    </message>
    <message>
        <source>How everything works, page by page</source>
        <translation>Wie alles geht, Seite für Seite</translation>
    </message>
    <message>
        <source>The marks of the first start: what to try first</source>
        <translation>Die Tipps des ersten Starts: was man zuerst versucht</translation>
    </message>
    <message>
        <source>Select another unit to go on.</source>
        <translation>Eine andere Einheit wählen, dann geht es weiter.</translation>
    </message>
    <message>
        <source>Go to another layer to go on.</source>
        <translation>Zu einer anderen Schicht gehen, dann geht es weiter.</translation>
    </message>
    <message>
        <source>Go to another step to go on.</source>
        <translation>Zu einem anderen Schritt gehen, dann geht es weiter.</translation>
    </message>
    <message>
        <source>Enlarge a card to go on.</source>
        <translation>Einen Bereich vergrößern, dann geht es weiter.</translation>
    </message>
    <message>
        <source>The first picture is growing ...</source>
        <translation>Das erste Bild wächst ...</translation>
    </message>
    <message>
        <source>The network is opening ...</source>
        <translation>Das Netz wird geöffnet ...</translation>
    </message>
    <message>
        <source>The picture is growing ...</source>
        <translation>Das Bild wächst ...</translation>
    </message>
    <message>
        <source>Classes: Enter grows what one wants</source>
        <translation>Klassen: Enter lässt wachsen, was eine will</translation>
    </message>
    <message>
        <source>Notes and bookmarks</source>
        <translation>Notizen und Lesezeichen</translation>
    </message>
    <message>
        <source>Actions</source>
        <translation>Aktionen</translation>
    </message>
    <message>
        <source>Recent files</source>
        <translation>Zuletzt geöffnete Dateien</translation>
    </message>
    <message>
        <source>Networks</source>
        <translation>Netze</translation>
    </message>
    <message>
        <source>zeros</source>
        <translation>Nullen</translation>
    </message>
    <message>
        <source>the mirrored map</source>
        <translation>der gespiegelten Karte</translation>
    </message>
    <message>
        <source>the map's edge</source>
        <translation>dem Rand der Karte</translation>
    </message>
    <message>
        <source>the opposite side</source>
        <translation>der anderen Seite</translation>
    </message>
    <message>
        <source>yellow</source>
        <translation>Gelb</translation>
    </message>
    <message>
        <source>red</source>
        <translation>Rot</translation>
    </message>
    <message>
        <source>blue</source>
        <translation>Blau</translation>
    </message>
    <message>
        <source>kernels</source>
        <translation>Kernel</translation>
    </message>
    <message>
        <source>graph</source>
        <translation>Graph</translation>
    </message>
    <message>
        <source>attention of {}</source>
        <translation>Attention von {}</translation>
    </message>
    <message>
        <source>outputs as {}</source>
        <translation>Ausgabe als {}</translation>
    </message>
    <message>
        <source>fused passes</source>
        <translation>zusammengefasste Durchläufe</translation>
    </message>
    <message>
        <source>units show {}</source>
        <translation>Einheiten zeigen {}</translation>
    </message>
    <message>
        <source>contrast {}</source>
        <translation>Kontrast {}</translation>
    </message>
    <message>
        <source>limits of the contrast</source>
        <translation>Grenzen des Kontrasts</translation>
    </message>
    <message>
        <source>gamma {}</source>
        <translation>Gamma {}</translation>
    </message>
    <message>
        <source>contrast of each unit</source>
        <translation>Kontrast je Einheit</translation>
    </message>
    <message>
        <source>colors {}</source>
        <translation>Farben {}</translation>
    </message>
    <message>
        <source>order by {}</source>
        <translation>geordnet nach {}</translation>
    </message>
    <message>
        <source>overlay {}</source>
        <translation>Überlagerung {}</translation>
    </message>
    <message>
        <source>unlock panels</source>
        <translation>Bereiche lösen</translation>
    </message>
    <message>
        <source>mode {}</source>
        <translation>Modus {}</translation>
    </message>
    <message>
        <source>speed of the board</source>
        <translation>Tempo des Spielfelds</translation>
    </message>
    <message>
        <source>density of the board</source>
        <translation>Dichte des Spielfelds</translation>
    </message>
    <message>
        <source>preset {}</source>
        <translation>Preset {}</translation>
    </message>
    <message>
        <source>settings of the picture</source>
        <translation>Einstellungen des Bildes</translation>
    </message>
    <message>
        <source>number of pictures</source>
        <translation>Zahl der Bilder</translation>
    </message>
    <message>
        <source>another seed</source>
        <translation>anderer Seed</translation>
    </message>
    <message>
        <source>grow {}</source>
        <translation>{} wachsen lassen</translation>
    </message>
    <message>
        <source>grow at the position</source>
        <translation>an der Stelle wachsen lassen</translation>
    </message>
    <message>
        <source>grow what is selected</source>
        <translation>Gewähltes wachsen lassen</translation>
    </message>
    <message>
        <source>dream</source>
        <translation>Traum</translation>
    </message>
    <message>
        <source>examples by {}</source>
        <translation>Beispiele nach {}</translation>
    </message>
    <message>
        <source>which end of the examples</source>
        <translation>Ende der Beispiele</translation>
    </message>
    <message>
        <source>number of examples</source>
        <translation>Zahl der Beispiele</translation>
    </message>
    <message>
        <source>examples from {}</source>
        <translation>Beispiele aus {}</translation>
    </message>
    <message>
        <source>examples as {}</source>
        <translation>Beispiele als {}</translation>
    </message>
    <message>
        <source>memory of the source</source>
        <translation>Gedächtnis der Quelle</translation>
    </message>
    <message>
        <source>step of the training</source>
        <translation>Schritt des Trainings</translation>
    </message>
    <message>
        <source>speed of the steps</source>
        <translation>Tempo der Schritte</translation>
    </message>
    <message>
        <source>pick on the map</source>
        <translation>Auswahl auf der Karte</translation>
    </message>
    <message>
        <source>tab {} beside the map</source>
        <translation>Reiter {} neben der Karte</translation>
    </message>
    <message>
        <source>pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>activations</source>
        <translation>Aktivierungen</translation>
    </message>
    <message>
        <source>of the run</source>
        <translation>des Laufs</translation>
    </message>
    <message>
        <source>the picture</source>
        <translation>das Bild</translation>
    </message>
    <message>
        <source>the examples</source>
        <translation>die Beispiele</translation>
    </message>
    <message>
        <source>the statistics</source>
        <translation>die Statistik</translation>
    </message>
    <message>
        <source>the steps</source>
        <translation>die Schritte</translation>
    </message>
    <message>
        <source>the training</source>
        <translation>das Training</translation>
    </message>
    <message>
        <source>the map</source>
        <translation>die Karte</translation>
    </message>
    <message>
        <source>the source</source>
        <translation>die Quelle</translation>
    </message>
    <message>
        <source>0 to 255 minus the mean</source>
        <translation>0 bis 255 minus Mittel</translation>
    </message>
    <message>
        <source>0 to 255 minus the mean, blue first</source>
        <translation>0 bis 255 minus Mittel, Blau zuerst</translation>
    </message>
    <message>
        <source>As in the papers</source>
        <translation>Wie veröffentlicht</translation>
    </message>
    <message>
        <source>CIFAR-10's mean and std</source>
        <translation>wie CIFAR-10</translation>
    </message>
    <message>
        <source>Cells</source>
        <translation>Zellen</translation>
    </message>
    <message>
        <source>Classic</source>
        <translation>Klassisch</translation>
    </message>
    <message>
        <source>Fine</source>
        <translation>Fein</translation>
    </message>
    <message>
        <source>ImageNet's mean and std</source>
        <translation>wie ImageNet</translation>
    </message>
    <message>
        <source>Natural</source>
        <translation>Natürlich</translation>
    </message>
    <message>
        <source>Quick</source>
        <translation>Schnell</translation>
    </message>
    <message>
        <source>Standard</source>
        <translation>Standard</translation>
    </message>
    <message>
        <source>a first look</source>
        <translation>ein erster Blick</translation>
    </message>
    <message>
        <source>all of it filled</source>
        <translation>ganz gefüllt</translation>
    </message>
    <message>
        <source>as Lucid does it</source>
        <translation>wie bei Lucid</translation>
    </message>
    <message>
        <source>as it is now</source>
        <translation>wie es jetzt ist</translation>
    </message>
    <message>
        <source>dead or alive</source>
        <translation>tot oder lebendig</translation>
    </message>
    <message>
        <source>like photographs</source>
        <translation>wie Fotos</translation>
    </message>
    <message>
        <source>pixels from -1 to 1</source>
        <translation>Pixel von -1 bis 1</translation>
    </message>
    <message>
        <source>pixels from 0 to 1</source>
        <translation>Pixel von 0 bis 1</translation>
    </message>
    <message>
        <source>steadier</source>
        <translation>ruhiger</translation>
    </message>
    <message>
        <source>MNIST's mean and std</source>
        <translation>wie MNIST</translation>
    </message>
    <message>
        <source>pixels from 0 to 255</source>
        <translation>Pixel von 0 bis 255</translation>
    </message>
    <message>
        <source>active</source>
        <translation>aktiv</translation>
    </message>
    <message>
        <source>against it</source>
        <translation>gegen sie</translation>
    </message>
    <message>
        <source>awake</source>
        <translation>wach</translation>
    </message>
    <message>
        <source>least</source>
        <translation>Min.</translation>
    </message>
    <message>
        <source>mean</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>mean over all pictures and places</source>
        <translation>Mittel über alle Bilder und Stellen</translation>
    </message>
    <message>
        <source>most</source>
        <translation>Max.</translation>
    </message>
    <message>
        <source>no unit goes against it</source>
        <translation>keine Einheit geht gegen sie</translation>
    </message>
    <message>
        <source>no unit goes with it</source>
        <translation>keine Einheit geht mit ihr</translation>
    </message>
    <message>
        <source>share of all values above 0</source>
        <translation>Anteil aller Werte über 0</translation>
    </message>
    <message>
        <source>share of pictures with a value above 0</source>
        <translation>Anteil der Bilder mit einem Wert über 0</translation>
    </message>
    <message>
        <source>standard deviation over pictures and places</source>
        <translation>Standardabweichung über Bilder und Stellen</translation>
    </message>
    <message>
        <source>std</source>
        <translation>Std.</translation>
    </message>
    <message>
        <source>the greatest value seen</source>
        <translation>der größte Wert, der vorkam</translation>
    </message>
    <message>
        <source>the least value seen</source>
        <translation>der kleinste Wert, der vorkam</translation>
    </message>
    <message>
        <source>with it</source>
        <translation>mit ihr</translation>
    </message>
    <message>
        <source>Train a network, and the loss of its training stands here.</source>
        <translation>Ein Netz trainieren, und der Loss seines Trainings steht hier.</translation>
    </message>
    <message>
        <source>0 to 1</source>
        <translation>0 bis 1</translation>
    </message>
    <message>
        <source>Back to the bundled map</source>
        <translation>Zurück zur mitgelieferten Karte</translation>
    </message>
    <message>
        <source>Back to the map before</source>
        <translation>Zurück zur Karte davor</translation>
    </message>
    <message>
        <source>CSV (*.csv)</source>
        <translation>CSV (*.csv)</translation>
    </message>
    <message>
        <source>Export the examples</source>
        <translation>Die Beispiele ausgeben</translation>
    </message>
    <message>
        <source>Export the map</source>
        <translation>Die Karte ausgeben</translation>
    </message>
    <message>
        <source>Feature visualization</source>
        <translation>Feature-Visualisierung</translation>
    </message>
    <message>
        <source>InfoVAE</source>
        <translation>InfoVAE</translation>
    </message>
    <message>
        <source>MCC</source>
        <translation>MCC</translation>
    </message>
    <message>
        <source>Matthews correlation of imagined and true cells, from -1 to 1: 0 is chance, and 0 for a board that is all dead, however many cells that gets right.</source>
        <translation>Matthews-Korrelation vorgestellter und wahrer Zellen, von -1 bis 1: 0 ist Zufall, und 0 gibt es für ein ganz totes Spielfeld, wie viele Zellen damit auch richtig sind.</translation>
    </message>
    <message>
        <source>Picture (*.png)</source>
        <translation>Bild (*.png)</translation>
    </message>
    <message>
        <source>Share of the steps in between whose board matches the true one of the same number. It makes sense only where network and game take equally many steps.</source>
        <translation>Anteil der Schritte dazwischen, deren Spielfeld dem wahren mit derselben Nummer gleicht. Das ist nur sinnvoll, wo Netz und Spiel gleich viele Schritte machen.</translation>
    </message>
    <message>
        <source>Share of the true boards in between that some imagined one matches: showing one board again and again earns nothing here.</source>
        <translation>Anteil der wahren Spielfelder dazwischen, denen ein vorgestelltes gleicht: Ein Spielfeld immer wieder zu zeigen, bringt hier nichts.</translation>
    </message>
    <message>
        <source>State, and how the panels are arranged (*{suffix})</source>
        <translation>Zustand, und wie die Bereiche angeordnet sind (*{suffix})</translation>
    </message>
    <message>
        <source>The class that the attack wants</source>
        <translation>Die Klasse, die der Angriff will</translation>
    </message>
    <message>
        <source>The first step above the 5 % false-alarm line of the 2-d estimate</source>
        <translation>Der erste Schritt über der Linie von 5 % Fehlalarm der 2-d-Schätzung</translation>
    </message>
    <message>
        <source>The first step at which the answer is another than at the start</source>
        <translation>Der erste Schritt, bei dem die Antwort eine andere ist als am Anfang</translation>
    </message>
    <message>
        <source>The paper's score less what the best of the trivial answers (one and the same board at every step: dead, the first, the last) gets on these boards, as a share of what was left to gain: (paper - c) / (most - c).</source>
        <translation>Die Bewertung der Veröffentlichung, abzüglich der besten trivialen Antwort (ein und dasselbe Spielfeld bei jedem Schritt: tot, das erste, das letzte) auf diesen Spielfeldern, als Anteil dessen, was noch zu gewinnen war: (paper - c) / (most - c).</translation>
    </message>
    <message>
        <source>The paper's score, where a match needs every single cell (100 %).</source>
        <translation>Die Bewertung der Veröffentlichung, wobei jede einzelne Zelle stimmen muss (100 %).</translation>
    </message>
    <message>
        <source>The same of the richer estimate</source>
        <translation>Dasselbe für die reichere Schätzung</translation>
    </message>
    <message>
        <source>Top examples</source>
        <translation>Beste Beispiele</translation>
    </message>
    <message>
        <source>Whether the network's answer is the target, another class, or still the first one</source>
        <translation>Ob die Antwort des Netzes das Ziel ist, eine andere Klasse, oder noch die erste</translation>
    </message>
    <message>
        <source>Wichers et al. 2022, equation 1: each imagined board in between that matches a new true one (95 % of its cells) counts 1, one that repeats a match .5; their sum, over the smaller number of boards in between. It can exceed 1 where the network takes more steps than the game.</source>
        <translation>Wichers et al. 2022, Gleichung 1: Jedes vorgestellte Spielfeld dazwischen, das einem neuen wahren gleicht (95 % seiner Zellen), zählt 1, eines, das eine Übereinstimmung wiederholt, 0,5; die Summe, durch die kleinere Zahl der Spielfelder dazwischen. Sie kann 1 übersteigen, wo das Netz mehr Schritte macht als das Spiel.</translation>
    </message>
    <message>
        <source>aligned</source>
        <translation>gleicher Schritt</translation>
    </message>
    <message>
        <source>all examples</source>
        <translation>alle Beispiele</translation>
    </message>
    <message>
        <source>as the name says</source>
        <translation>wie der Name sagt</translation>
    </message>
    <message>
        <source>by expected error</source>
        <translation>nach erwartetem Fehler</translation>
    </message>
    <message>
        <source>by predicted class</source>
        <translation>nach vorhergesagter Klasse</translation>
    </message>
    <message>
        <source>by true error</source>
        <translation>nach wahrem Fehler</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>geändert</translation>
    </message>
    <message>
        <source>distinct</source>
        <translation>verschieden</translation>
    </message>
    <message>
        <source>estimate: 2-d</source>
        <translation>Schätzung: 2-d</translation>
    </message>
    <message>
        <source>estimate: richer</source>
        <translation>Schätzung: reicher</translation>
    </message>
    <message>
        <source>flip</source>
        <translation>Kippen</translation>
    </message>
    <message>
        <source>half	every second cell, as the networks were trained on</source>
        <translation>half	jede zweite Zelle, wie beim Training der Netze</translation>
    </message>
    <message>
        <source>high freq.</source>
        <translation>hohe Freq.</translation>
    </message>
    <message>
        <source>missing in the file</source>
        <translation>fehlen in der Datei</translation>
    </message>
    <message>
        <source>mix	any density from .2 to .6, some of them already 1 to 8 steps old</source>
        <translation>mix	jede Dichte von 0,2 bis 0,6, manche schon 1 bis 8 Schritte alt</translation>
    </message>
    <message>
        <source>no example</source>
        <translation>kein Beispiel</translation>
    </message>
    <message>
        <source>not in the network</source>
        <translation>nicht im Netz</translation>
    </message>
    <message>
        <source>of another shape</source>
        <translation>mit anderer Form</translation>
    </message>
    <message>
        <source>outcome</source>
        <translation>Ausgang</translation>
    </message>
    <message>
        <source>paper</source>
        <translation>Paper</translation>
    </message>
    <message>
        <source>pretrained</source>
        <translation>vortrainiert</translation>
    </message>
    <message>
        <source>probabilities (they add up to 1)</source>
        <translation>Wahrscheinlichkeiten (Summe 1)</translation>
    </message>
    <message>
        <source>random</source>
        <translation>zufällig</translation>
    </message>
    <message>
        <source>share of the picture</source>
        <translation>Anteil am Bild</translation>
    </message>
    <message>
        <source>sigmoids, each from 0 to 1 by itself</source>
        <translation>Sigmoide, jedes für sich von 0 bis 1</translation>
    </message>
    <message>
        <source>softmax of logits</source>
        <translation>Softmax der Logits</translation>
    </message>
    <message>
        <source>strict</source>
        <translation>streng</translation>
    </message>
    <message>
        <source>target</source>
        <translation>Ziel</translation>
    </message>
    <message>
        <source>test</source>
        <translation>Test</translation>
    </message>
    <message>
        <source>train</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>variation</source>
        <translation>Variation</translation>
    </message>
    <message>
        <source>what it fires on</source>
        <translation>worauf sie feuert</translation>
    </message>
    <message>
        <source>what it wants</source>
        <translation>was sie will</translation>
    </message>
    <message>
        <source>where the noise begins</source>
        <translation>wo das Rauschen beginnt</translation>
    </message>
    <message>
        <source>wrong answer</source>
        <translation>falsche Antwort</translation>
    </message>
    <message>
        <source>clear</source>
        <translation>klar</translation>
    </message>
    <message>
        <source>clip</source>
        <translation>gekappt</translation>
    </message>
    <message>
        <source>dead</source>
        <translation>tot</translation>
    </message>
    <message>
        <source>fixed</source>
        <translation>fest</translation>
    </message>
    <message>
        <source>frame</source>
        <translation>je Bild</translation>
    </message>
    <message>
        <source>gray</source>
        <translation>grau</translation>
    </message>
    <message>
        <source>histogram</source>
        <translation>Histogramm</translation>
    </message>
    <message>
        <source>norm</source>
        <translation>Norm</translation>
    </message>
    <message>
        <source>normblur</source>
        <translation>Norm, geglättet</translation>
    </message>
    <message>
        <source>positive</source>
        <translation>positiv</translation>
    </message>
    <message>
        <source>running</source>
        <translation>laufend</translation>
    </message>
    <message>
        <source>, no match</source>
        <translation>, keine Übereinstimmung</translation>
    </message>
    <message>
        <source>, matches</source>
        <translation>, stimmt überein</translation>
    </message>
</context>
<context>
    <name>Glossary</name>
    <message>
        <source>The number that a unit gives for one picture, at one place of its map.</source>
        <translation>Die Zahl, die eine Einheit für ein Bild an einer Stelle ihrer Karte ergibt.</translation>
    </message>
    <message>
        <source>Weights by which one token takes from others.</source>
        <translation>Gewichte, mit denen ein Token von anderen nimmt.</translation>
    </message>
    <message>
        <source>One of several attentions that a layer computes side by side; a unit of the layer `name.heads` here.</source>
        <translation>Eine von mehreren Attentions, die eine Schicht nebeneinander berechnet; hier eine Einheit der Schicht `name.heads`.</translation>
    </message>
    <message>
        <source>One run of a layer within one pass. A layer that is used three times has calls 0, 1 and 2; in a recurrent network these are its steps.</source>
        <translation>Ein Lauf einer Schicht innerhalb eines Durchlaufs. Eine Schicht, die dreimal benutzt wird, hat die Aufrufe 0, 1 und 2; in einem rekurrenten Netz sind das seine Schritte.</translation>
    </message>
    <message>
        <source>A JSON file beside the weights that says what must be known besides them: size, channels, mean, standard deviation, labels, states, decoder.</source>
        <translation>Eine JSON-Datei neben den Gewichten, in der steht, was man außer ihnen wissen muss: Größe, Kanäle, Mittel, Standardabweichung, Labels, Zustände, Decoder.</translation>
    </message>
    <message>
        <source>The number of a unit within its layer.</source>
        <translation>Die Nummer einer Einheit in ihrer Schicht.</translation>
    </message>
    <message>
        <source>A file with weights.</source>
        <translation>Eine Datei mit Gewichten.</translation>
    </message>
    <message>
        <source>A layer whose units lay one kernel over every place, multiply it with the numbers below, and add up: the same question asked everywhere.</source>
        <translation>Eine Schicht, deren Einheiten einen Kernel über jede Stelle legen, ihn mit den Zahlen darunter malnehmen und alles addieren: überall dieselbe Frage.</translation>
    </message>
    <message>
        <source>The module that turns a hidden state into an answer one can look at.</source>
        <translation>Das Modul, das aus einem verborgenen Zustand eine Antwort macht, die man ansehen kann.</translation>
    </message>
    <message>
        <source>How undecided an answer is, in bits: 0 where one class has all the probability, the logarithm of their number where all classes have the same.</source>
        <translation>Wie unentschieden eine Antwort ist, in Bit: 0, wo eine Klasse alle Wahrscheinlichkeit hat; der Logarithmus ihrer Zahl, wo alle Klassen gleich viel haben.</translation>
    </message>
    <message>
        <source>A number made of a network's architecture and weights. What is kept of a network is found by it.</source>
        <translation>Eine Zahl aus Architektur und Gewichten eines Netzes. Was von einem Netz behalten wird, findet sich über sie.</translation>
    </message>
    <message>
        <source>A part of an LSTM or GRU that opens and closes between 0 and 1; a layer of its own here.</source>
        <translation>Ein Teil eines LSTM oder GRU, der sich zwischen 0 und 1 öffnet und schließt; hier eine eigene Schicht.</translation>
    </message>
    <message>
        <source>What a recurrent network carries from one step to the next.</source>
        <translation>Was ein rekurrentes Netz von einem Schritt zum nächsten mitnimmt.</translation>
    </message>
    <message>
        <source>The small table of weights that a unit of a convolution lays over every place of the layer before.</source>
        <translation>Die kleine Tabelle von Gewichten, die eine Einheit einer Faltung über jede Stelle der Schicht davor legt.</translation>
    </message>
    <message>
        <source>A step of the network's computation: it turns the numbers of the layer before into new ones. It has a name, as in `named_modules()`; `output` is what the network returns.</source>
        <translation>Ein Schritt der Rechnung des Netzes: Er macht aus den Zahlen der Schicht davor neue. Ihr Name ist der aus `named_modules()`; `output` ist, was das Netz zurückgibt.</translation>
    </message>
    <message>
        <source>The number that a network gives a class before softmax or sigmoid turns it into a probability.</source>
        <translation>Die Zahl, die ein Netz einer Klasse gibt, bevor Softmax oder Sigmoid eine Wahrscheinlichkeit daraus macht.</translation>
    </message>
    <message>
        <source>The activations of one unit at all places, height by width.</source>
        <translation>Die Aktivierungen einer Einheit an allen Stellen, Höhe mal Breite.</translation>
    </message>
    <message>
        <source>A point (y, x) of a unit's map.</source>
        <translation>Ein Punkt (y, x) der Karte einer Einheit.</translation>
    </message>
    <message>
        <source>What happens to a picture before the network: scaling, cutting, mean and standard deviation.</source>
        <translation>Was mit einem Bild vor dem Netz geschieht: skalieren, zuschneiden, Mittel und Standardabweichung.</translation>
    </message>
    <message>
        <source>In attention, the token that asks, and a token that it may attend to.</source>
        <translation>In der Attention das Token, das fragt, und eines, auf das es achten kann.</translation>
    </message>
    <message>
        <source>The pixels of the input that can change a unit at one place. The frame on the input shows it.</source>
        <translation>Die Pixel der Eingabe, die eine Einheit an einer Stelle ändern können. Der Rahmen in der Eingabe zeigt es.</translation>
    </message>
    <message>
        <source>A function such as ReLU or ELU that holds back negative values.</source>
        <translation>Eine Funktion wie ReLU oder ELU, die negative Werte zurückhält.</translation>
    </message>
    <message>
        <source>Attention followed through several layers, each mixed half and half with the identity.</source>
        <translation>Attention durch mehrere Schichten verfolgt, jede zur Hälfte mit der Identität gemischt.</translation>
    </message>
    <message>
        <source>Squeezes one number into the range from 0 to 1, each class for itself.</source>
        <translation>Zwängt eine Zahl in den Bereich von 0 bis 1, jede Klasse für sich.</translation>
    </message>
    <message>
        <source>The weights of a network at one moment of its training.</source>
        <translation>Die Gewichte eines Netzes zu einem Zeitpunkt seines Trainings.</translation>
    </message>
    <message>
        <source>Turns the logits of all classes into probabilities that add up to 1: the exponential of each, divided by their sum.</source>
        <translation>Macht aus den Logits aller Klassen Wahrscheinlichkeiten, die zusammen 1 ergeben: die Exponentialfunktion jedes Logits, geteilt durch ihre Summe.</translation>
    </message>
    <message>
        <source>An array of numbers.</source>
        <translation>Ein Feld von Zahlen.</translation>
    </message>
    <message>
        <source>One detector of a layer: a channel that answers at every place of the picture. It is written `layer[channel]`, with a place `@y,x` and a call `#k` if wanted.</source>
        <translation>Ein Detektor einer Schicht: ein Kanal, der an jeder Stelle des Bildes antwortet. Geschrieben wird er `layer[channel]`, wenn gewünscht mit einer Stelle `@y,x` und einem Aufruf `#k`.</translation>
    </message>
    <message>
        <source>Share of a unit's values above zero.</source>
        <translation>Anteil der Werte einer Einheit, die über null liegen.</translation>
    </message>
    <message>
        <source>Time since the picture on the screen came from its source.</source>
        <translation>Zeit, seit das Bild auf dem Schirm aus seiner Quelle kam.</translation>
    </message>
    <message>
        <source>The backward picture is followed down to the pixels of the input, rather than to a layer in between.</source>
        <translation>Das Rückwärtsbild wird bis zu den Pixeln der Eingabe verfolgt, nicht nur bis zu einer Schicht dazwischen.</translation>
    </message>
    <message>
        <source>Share of pictures on which a unit is above zero somewhere.</source>
        <translation>Anteil der Bilder, auf denen eine Einheit irgendwo über null liegt.</translation>
    </message>
    <message>
        <source>The mosaic with, for each unit, its contribution to the selected or pinned unit.</source>
        <translation>Das Mosaik mit dem Beitrag jeder Einheit zur gewählten oder festgehaltenen Einheit.</translation>
    </message>
    <message>
        <source>What a backward pass begins with: the unit's own activation, so that strong places count more, or the number one.</source>
        <translation>Womit ein Rückwärtslauf beginnt: mit der Aktivierung der Einheit, so dass starke Stellen mehr zählen, oder mit der Zahl eins.</translation>
    </message>
    <message>
        <source>A mark on a unit, to come back to it.</source>
        <translation>Ein Zeichen an einer Einheit, um zu ihr zurückzukommen.</translation>
    </message>
    <message>
        <source>The colors of a picture with the numbers they stand for.</source>
        <translation>Die Farben eines Bildes mit den Zahlen, für die sie stehen.</translation>
    </message>
    <message>
        <source>Which colors stand for which numbers. Diverging ones have a color of their own for values below zero.</source>
        <translation>Welche Farben für welche Zahlen stehen. Divergierende haben eine eigene Farbe für Werte unter null.</translation>
    </message>
    <message>
        <source>Where the range of the colors comes from: this frame without its largest 0.5 % (clip), all of this frame, the run so far (running), or two fixed numbers. Per-unit contrast gives every unit its own.</source>
        <translation>Woher der Bereich der Farben kommt: dieses Bild ohne seine größten 0,5 % (clip), alles in diesem Bild, der bisherige Lauf (running), oder zwei feste Zahlen. Kontrast je Einheit gibt jeder ihren eigenen Bereich.</translation>
    </message>
    <message>
        <source>A unit that was never above zero on all pictures that were looked at: it says nothing.</source>
        <translation>Eine Einheit, die auf allen angesehenen Bildern nie über null lag: Sie sagt nichts.</translation>
    </message>
    <message>
        <source>Two colors that meet at zero: red for positive, blue for negative.</source>
        <translation>Zwei Farben, die sich bei null treffen: rot für positiv, blau für negativ.</translation>
    </message>
    <message>
        <source>Frames that were never computed, because a newer one had come.</source>
        <translation>Bilder, die nie berechnet wurden, weil ein neueres gekommen war.</translation>
    </message>
    <message>
        <source>Every unit is drawn with its own range of colors: weak ones become visible, but their brightness can no longer be compared.</source>
        <translation>Jede Einheit hat ihren eigenen Bereich von Farben: Schwache werden sichtbar, doch ihre Helligkeit ist nicht mehr vergleichbar.</translation>
    </message>
    <message>
        <source>The ends of the color range where it does not follow the frames: everything beyond gets the last color.</source>
        <translation>Die Enden des Farbbereichs, wo er den Bildern nicht folgt: Alles jenseits bekommt die letzte Farbe.</translation>
    </message>
    <message>
        <source>Show a block of layers as one node, or row of the tree.</source>
        <translation>Einen Block von Schichten als einen Knoten zeigen, oder als eine Zeile des Baums.</translation>
    </message>
    <message>
        <source>One picture of a source, with its number.</source>
        <translation>Ein Bild einer Quelle, mit seiner Nummer.</translation>
    </message>
    <message>
        <source>Hold the present frame while the source runs on.</source>
        <translation>Das jetzige Bild anhalten, während die Quelle weiterläuft.</translation>
    </message>
    <message>
        <source>A power that lifts dark values, so that weak activations can be seen; 1 changes nothing.</source>
        <translation>Eine Potenz, die dunkle Werte anhebt, so dass schwache Aktivierungen sichtbar werden; 1 ändert nichts.</translation>
    </message>
    <message>
        <source>The network as boxes and lines: each box is a layer, each line carries its numbers on to the next. A click goes to that layer.</source>
        <translation>Das Netz als Kästen und Linien: Jeder Kasten ist eine Schicht, jede Linie trägt ihre Zahlen zur nächsten. Ein Klick geht zu dieser Schicht.</translation>
    </message>
    <message>
        <source>The picture as the network gets it: cut and scaled to the size that it was trained on.</source>
        <translation>Das Bild, wie das Netz es bekommt: zugeschnitten und skaliert auf die Größe, mit der es trainiert wurde.</translation>
    </message>
    <message>
        <source>A long piece of work in a process of its own: a scan, a render, a fit, a training.</source>
        <translation>Eine lange Arbeit in einem eigenen Prozess: ein Scan, ein Rendern, eine Anpassung, ein Training.</translation>
    </message>
    <message>
        <source>Pictures that were grown and kept in the library, of this unit and its layer.</source>
        <translation>Bilder, die gewachsen sind und in der Bibliothek gemerkt wurden, von dieser Einheit und ihrer Schicht.</translation>
    </message>
    <message>
        <source>All layers of the network in order, from the input to the answer. The bars show how strongly each fires now.</source>
        <translation>Alle Schichten des Netzes der Reihe nach, von der Eingabe bis zur Antwort. Die Balken zeigen, wie stark jede jetzt feuert.</translation>
    </message>
    <message>
        <source>A method that says something about a unit: deconvnet, ascent, examples ...</source>
        <translation>Eine Methode, die etwas über eine Einheit sagt: Deconvnet, Aufstieg, Beispiele ...</translation>
    </message>
    <message>
        <source>How a backward picture is drawn: `clear` cut to its strong part and with more contrast, `raw` as it came, `gray` averaged over the colors, `norm` its strength, `positive` its positive part, `histogram` how its values are spread.</source>
        <translation>Wie ein Rückwärtsbild gezeichnet wird: `clear` auf seinen starken Teil geschnitten und mit mehr Kontrast, `raw` wie es kam, `gray` über die Farben gemittelt, `norm` seine Stärke, `positive` sein positiver Teil, `histogram` die Verteilung seiner Werte.</translation>
    </message>
    <message>
        <source>What is remembered of a network's units: the pictures they fire on, their statistics, and pictures that were grown.</source>
        <translation>Was von den Einheiten eines Netzes behalten ist: die Bilder, auf die sie feuern, ihre Statistik, und gewachsene Bilder.</translation>
    </message>
    <message>
        <source>How few of the frames excite a unit: 0 where all do alike, 1 where one does.</source>
        <translation>Wie wenige der Bilder eine Einheit erregen: 0, wo alle es gleich tun, 1, wo es eines tut.</translation>
    </message>
    <message>
        <source>Computed anew with every frame. As the name of a preset: the one that is quick enough to watch.</source>
        <translation>Mit jedem Bild neu berechnet. Als Name eines Presets: dasjenige, das schnell genug zum Zusehen ist.</translation>
    </message>
    <message>
        <source>All units of a layer side by side, a tile each.</source>
        <translation>Alle Einheiten einer Schicht nebeneinander, je eine Kachel.</translation>
    </message>
    <message>
        <source>A backward picture drawn as its strength over the colors, smoothed: it shows where, not what.</source>
        <translation>Ein Rückwärtsbild, gezeichnet als seine Stärke über die Farben, geglättet: Es zeigt wo, nicht was.</translation>
    </message>
    <message>
        <source>Which tile stands first: the strongest unit now, the lowest number, the one that varies or prefers most, or the name.</source>
        <translation>Welche Kachel zuerst steht: die jetzt stärkste Einheit, die kleinste Nummer, die, die am meisten schwankt oder bevorzugt, oder der Name.</translation>
    </message>
    <message>
        <source>What ranks the pictures: the unit's largest value in each, or its mean over the whole of each.</source>
        <translation>Wonach die Bilder geordnet sind: nach dem größten Wert der Einheit in jedem, oder nach ihrem Mittel über das ganze Bild.</translation>
    </message>
    <message>
        <source>What the network's numbers are taken for: logits, probabilities, a map, boxes ... It is decided when the network opens; choose another where that is wrong.</source>
        <translation>Wofür die Zahlen des Netzes gehalten werden: Logits, Wahrscheinlichkeiten, eine Karte, Rahmen ... Das wird beim Öffnen entschieden; wo es falsch ist, etwas anderes wählen.</translation>
    </message>
    <message>
        <source>The unit's map blended over the input.</source>
        <translation>Die Karte der Einheit, in die Eingabe geblendet.</translation>
    </message>
    <message>
        <source>The values of a layer's inputs that one place of a unit's map is computed from.</source>
        <translation>Die Werte der Eingänge einer Schicht, aus denen eine Stelle der Karte einer Einheit berechnet wird.</translation>
    </message>
    <message>
        <source>The kept pictures of a layer's units, in the tiles of the mosaic.</source>
        <translation>Die gemerkten Bilder der Einheiten einer Schicht, in den Kacheln des Mosaiks.</translation>
    </message>
    <message>
        <source>Where the pictures come from: the library of a scan, or the last minutes of what is running.</source>
        <translation>Woher die Bilder kommen: aus der Bibliothek eines Scans, oder aus den letzten Minuten dessen, was läuft.</translation>
    </message>
    <message>
        <source>Keep a unit as the origin of the backward passes while another is selected.</source>
        <translation>Eine Einheit als Ursprung der Rückwärtsläufe festhalten, während eine andere gewählt ist.</translation>
    </message>
    <message>
        <source>What the network answers: the classes it finds most likely, with their probabilities.</source>
        <translation>Was das Netz antwortet: die Klassen, die es für die wahrscheinlichsten hält, mit ihren Wahrscheinlichkeiten.</translation>
    </message>
    <message>
        <source>All settings of a synthesis under one name, most of them as in a paper.</source>
        <translation>Alle Einstellungen einer Synthese unter einem Namen, meist die einer Veröffentlichung.</translation>
    </message>
    <message>
        <source>Everything that is needed to make a picture again; it is kept inside the PNG.</source>
        <translation>Alles, was man braucht, um ein Bild noch einmal zu machen; es steht im PNG selbst.</translation>
    </message>
    <message>
        <source>The number that randomness begins with: another seed, another picture, as good as the first.</source>
        <translation>Die Zahl, mit der der Zufall beginnt: ein anderer Seed, ein anderes Bild, so gut wie das erste.</translation>
    </message>
    <message>
        <source>How much a unit prefers some pictures: near 0 where it answers all alike, near 1 where it answers few of many.</source>
        <translation>Wie sehr eine Einheit einige Bilder bevorzugt: nahe 0, wo sie allen gleich antwortet, nahe 1, wo sie wenigen von vielen antwortet.</translation>
    </message>
    <message>
        <source>How each picture is drawn: cut to the part that the unit saw, whole, or as a backward picture of it.</source>
        <translation>Wie jedes Bild gezeichnet wird: auf den Teil geschnitten, den die Einheit sah, ganz, oder als Rückwärtsbild davon.</translation>
    </message>
    <message>
        <source>Where the way back ends: at the pixels of the input, or at a layer in between.</source>
        <translation>Wo der Weg zurück endet: bei den Pixeln der Eingabe, oder bei einer Schicht dazwischen.</translation>
    </message>
    <message>
        <source>Where frames come from: camera, film, folder, data set, board, demo.</source>
        <translation>Woher Bilder kommen: Kamera, Film, Ordner, Datensatz, Spielfeld, Vorführung.</translation>
    </message>
    <message>
        <source>Belongs to another unit, frame or network than the present one.</source>
        <translation>Gehört zu einer anderen Einheit, einem anderen Bild oder Netz als jetzt.</translation>
    </message>
    <message>
        <source>How the unit, and its layer, behaved on all pictures of a scan.</source>
        <translation>Wie sich die Einheit und ihre Schicht auf allen Bildern eines Scans verhielten.</translation>
    </message>
    <message>
        <source>What a recurrent network holds at each of its steps, made visible by its decoder.</source>
        <translation>Was ein rekurrentes Netz bei jedem seiner Schritte hält, sichtbar gemacht durch seinen Decoder.</translation>
    </message>
    <message>
        <source>One unit's square in the mosaic.</source>
        <translation>Das Quadrat einer Einheit im Mosaik.</translation>
    </message>
    <message>
        <source>How a unit's maximum went over the last frames.</source>
        <translation>Wie das Maximum einer Einheit über die letzten Bilder verlief.</translation>
    </message>
    <message>
        <source>A network of the Game of Life that learns here while you watch.</source>
        <translation>Ein Netz des Game of Life, das hier lernt, während man zusieht.</translation>
    </message>
    <message>
        <source>All units of one layer side by side, a tile each: their maps for the present picture.</source>
        <translation>Alle Einheiten einer Schicht nebeneinander, je eine Kachel: ihre Karten für das jetzige Bild.</translation>
    </message>
    <message>
        <source>The pictures, of all that were looked at, on which the unit was strongest: cut to the part that it saw.</source>
        <translation>Die Bilder, von allen angesehenen, auf denen die Einheit am stärksten war: geschnitten auf den Teil, den sie sah.</translation>
    </message>
    <message>
        <source>A picture that was made, step by step, so that the unit answers as strongly as possible.</source>
        <translation>Ein Bild, Schritt für Schritt so gemacht, dass die Einheit so stark wie möglich antwortet.</translation>
    </message>
    <message>
        <source>The unit's map: how strongly it answers at each place of the present picture. Bright means strongly.</source>
        <translation>Die Karte der Einheit: wie stark sie an jeder Stelle des jetzigen Bildes antwortet. Hell heißt stark.</translation>
    </message>
    <message>
        <source>Top: the pictures on which the unit is strongest. Bottom: those on which it is weakest.</source>
        <translation>Oben: die Bilder, auf denen die Einheit am stärksten ist. Unten: die, auf denen sie am schwächsten ist.</translation>
    </message>
    <message>
        <source>Changing a picture step by step along the gradient, so that a unit gives more. It is how what a unit wants is made.</source>
        <translation>Ein Bild Schritt für Schritt entlang des Gradienten ändern, so dass eine Einheit mehr ergibt. So entsteht, was eine Einheit will.</translation>
    </message>
    <message>
        <source>Going through the network from a unit back to the pixels, to see what moved it.</source>
        <translation>Von einer Einheit durch das Netz zurück zu den Pixeln gehen, um zu sehen, was sie bewegt hat.</translation>
    </message>
    <message>
        <source>The unit's signal sent back to the pixels; every rectifier on the way lets only positive signal through. It shows what in the picture excited the unit.</source>
        <translation>Das Signal der Einheit, zurückgesendet zu den Pixeln; jeder Gleichrichter auf dem Weg lässt nur positives Signal durch. Es zeigt, was im Bild die Einheit erregt hat.</translation>
    </message>
    <message>
        <source>Ascent that starts from a photograph: the network exaggerates what it sees in it.</source>
        <translation>Aufstieg, der mit einem Foto beginnt: Das Netz übertreibt, was es darin sieht.</translation>
    </message>
    <message>
        <source>Here: a rule applied where its paper gives none, for example to a rectifier other than ReLU.</source>
        <translation>Hier: eine Regel, angewandt, wo ihre Veröffentlichung keine angibt, etwa auf einen anderen Gleichrichter als ReLU.</translation>
    </message>
    <message>
        <source>A picture made so that it excites a unit; also called synthesis.</source>
        <translation>Ein Bild, das so gemacht ist, dass es eine Einheit erregt; auch Synthese genannt.</translation>
    </message>
    <message>
        <source>The picture is made of waves whose strength is even over frequencies, so that ascent does not begin with noise.</source>
        <translation>Das Bild besteht aus Wellen, deren Stärke über die Frequenzen gleich ist, so dass der Aufstieg nicht mit Rauschen beginnt.</translation>
    </message>
    <message>
        <source>The derivative of the unit with respect to the pixels: which of them would change it most, in which direction.</source>
        <translation>Die Ableitung der Einheit nach den Pixeln: welche von ihnen sie am meisten ändern würden, und in welche Richtung.</translation>
    </message>
    <message>
        <source>Like the gradient, but what is negative is dropped on the way back, as in the deconvnet: fine lines that raised the unit.</source>
        <translation>Wie der Gradient, doch Negatives fällt auf dem Rückweg weg wie beim Deconvnet: feine Linien, die die Einheit gehoben haben.</translation>
    </message>
    <message>
        <source>Share of a picture's energy in fine detail, above 0.25 cycles per pixel. Photographs have little of it: much of it is noise.</source>
        <translation>Anteil der Energie eines Bildes in feinen Einzelheiten, über 0,25 Perioden je Pixel. Fotos haben wenig davon: Viel davon ist Rauschen.</translation>
    </message>
    <message>
        <source>A picture that gives the same numbers at a layer as the present one: what the layer still knows of it.</source>
        <translation>Ein Bild, das an einer Schicht dieselben Zahlen ergibt wie das jetzige: was die Schicht noch davon weiß.</translation>
    </message>
    <message>
        <source>Small random shifts of the picture between steps, so that what grows does not depend on the exact pixel.</source>
        <translation>Kleine zufällige Verschiebungen des Bildes zwischen den Schritten, so dass das Wachsende nicht am genauen Pixel hängt.</translation>
    </message>
    <message>
        <source>Reading a hidden state with the network's own last modules, as if it were the last one.</source>
        <translation>Einen verborgenen Zustand mit den letzten Modulen des Netzes lesen, als wäre er der letzte.</translation>
    </message>
    <message>
        <source>Ascent in which only the phases of the picture's spectrum move; its magnitudes stay those of photographs.</source>
        <translation>Aufstieg, bei dem sich nur die Phasen des Bildspektrums bewegen; seine Beträge bleiben die von Fotos.</translation>
    </message>
    <message>
        <source>The picture's norm is held at a fixed value.</source>
        <translation>Die Norm des Bildes wird auf einem festen Wert gehalten.</translation>
    </message>
    <message>
        <source>What an ascent raises: a unit, a layer, or a sum of such.</source>
        <translation>Was ein Aufstieg hebt: eine Einheit, eine Schicht, oder eine Summe davon.</translation>
    </message>
    <message>
        <source>The way in which many numbers become two: InfoVAE (a map that was learned), PCA or UMAP.</source>
        <translation>Auf welche Weise aus vielen Zahlen zwei werden: InfoVAE (eine gelernte Karte), PCA oder UMAP.</translation>
    </message>
    <message>
        <source>A value divided by the best that any known photograph gives.</source>
        <translation>Ein Wert, geteilt durch den besten, den irgendein bekanntes Foto ergibt.</translation>
    </message>
    <message>
        <source>What a grown picture gives when the network sees it unchanged. In brackets: the number of the unit's map that was raised, its mean or its maximum.</source>
        <translation>Was ein gewachsenes Bild ergibt, wenn das Netz es unverändert sieht. In Klammern: welche Zahl der Karte der Einheit gehoben wurde, ihr Mittel oder ihr Maximum.</translation>
    </message>
    <message>
        <source>What keeps a growing picture from being noise: blur, decay, total variation ...</source>
        <translation>Was ein wachsendes Bild davon abhält, Rauschen zu sein: Weichzeichnen, Abklingen, Totalvariation ...</translation>
    </message>
    <message>
        <source>Mean difference of neighboring pixels.</source>
        <translation>Mittlerer Unterschied benachbarter Pixel.</translation>
    </message>
    <message>
        <source>Random shifts, turns and zooms that a picture must survive while it grows.</source>
        <translation>Zufällige Verschiebungen, Drehungen und Vergrößerungen, die ein Bild überstehen muss, während es wächst.</translation>
    </message>
    <message>
        <source>A new decoder learns beside a discriminator, while encoder and cell stay as they are (also Wichers et al. 2022).</source>
        <translation>Ein neuer Decoder lernt neben einem Diskriminator, während Encoder und Zelle bleiben, wie sie sind (auch Wichers et al. 2022).</translation>
    </message>
    <message>
        <source>Score of output k against true state k.</source>
        <translation>Punktzahl der Ausgabe k gegen den wahren Zustand k.</translation>
    </message>
    <message>
        <source>Playing goes on from the first step when the last one was shown.</source>
        <translation>Das Abspielen geht vom ersten Schritt weiter, wenn der letzte gezeigt war.</translation>
    </message>
    <message>
        <source>Cells that are dead or alive, the input of the Game of Life (Conway 1970). As the name of a preset: a synthesis whose pixels are such cells.</source>
        <translation>Zellen, die tot oder lebendig sind, die Eingabe des Game of Life (Conway 1970). Als Name eines Presets: eine Synthese, deren Pixel solche Zellen sind.</translation>
    </message>
    <message>
        <source>What lies outside of a board: dead cells, or its other side (periodic, a torus).</source>
        <translation>Was außerhalb eines Spielfelds liegt: tote Zellen, oder seine andere Seite (periodisch, ein Torus).</translation>
    </message>
    <message>
        <source>A place of a board; also the module of a recurrent network that makes the next state.</source>
        <translation>Eine Stelle eines Spielfelds; auch das Modul eines rekurrenten Netzes, das den nächsten Zustand macht.</translation>
    </message>
    <message>
        <source>A score from which the part that guessing earns is taken off.</source>
        <translation>Eine Punktzahl, von der abgezogen ist, was Raten einbringt.</translation>
    </message>
    <message>
        <source>Share of the true boards in between that are shown at all.</source>
        <translation>Anteil der wahren Spielfelder dazwischen, die überhaupt gezeigt werden.</translation>
    </message>
    <message>
        <source>One step of the Game of Life.</source>
        <translation>Ein Schritt des Game of Life.</translation>
    </message>
    <message>
        <source>What the network holds at a step, drawn by the decoder. It was never told these boards in between; it had to imagine them.</source>
        <translation>Was das Netz bei einem Schritt hält, gezeichnet durch den Decoder. Die Spielfelder dazwischen wurden ihm nie gezeigt; es musste sie sich vorstellen.</translation>
    </message>
    <message>
        <source>Two kinds of cell: convolutions of 3x3, 1x1 and 1x1, or three of 3x3 as in the paper.</source>
        <translation>Zwei Arten von Zelle: Faltungen von 3x3, 1x1 und 1x1, oder drei von 3x3 wie in der Veröffentlichung.</translation>
    </message>
    <message>
        <source>Matthews correlation of two boards: 1 equal, 0 for one that says nothing.</source>
        <translation>Matthews-Korrelation zweier Spielfelder: 1 gleich, 0 für eines, das nichts sagt.</translation>
    </message>
    <message>
        <source>Equation 1 of the paper: how many of the imagined boards in between match a new true one in 95 % of the cells.</source>
        <translation>Gleichung 1 der Veröffentlichung: wie viele der vorgestellten Spielfelder dazwischen in 95 % der Zellen einem neuen wahren gleichen.</translation>
    </message>
    <message>
        <source>A linear model that reads a state out of a hidden vector.</source>
        <translation>Ein lineares Modell, das einen Zustand aus einem verborgenen Vektor liest.</translation>
    </message>
    <message>
        <source>A network that uses its own result as its next input, step by step, and so carries a state along.</source>
        <translation>Ein Netz, das sein eigenes Ergebnis Schritt für Schritt als nächste Eingabe benutzt und so einen Zustand mitnimmt.</translation>
    </message>
    <message>
        <source>The usual text format for boards.</source>
        <translation>Das übliche Textformat für Spielfelder.</translation>
    </message>
    <message>
        <source>One round of a recurrent network: the same cell makes the next hidden state from the one before.</source>
        <translation>Eine Runde eines rekurrenten Netzes: Dieselbe Zelle macht aus dem verborgenen Zustand davor den nächsten.</translation>
    </message>
    <message>
        <source>With how many living neighbors of eight a cell is born (B) and survives (S); Conway's is B3/S23.</source>
        <translation>Mit wie vielen lebenden Nachbarn von acht eine Zelle geboren wird (B) und überlebt (S); bei Conway B3/S23.</translation>
    </message>
    <message>
        <source>The number that first weights and boards come from: with the same one the same training.</source>
        <translation>Die Zahl, aus der die ersten Gewichte und die Spielfelder kommen: mit derselben dasselbe Training.</translation>
    </message>
    <message>
        <source>The number of the step that every card shows: 0 is what the encoder made of the board, the last is the answer.</source>
        <translation>Die Nummer des Schritts, den alle Bereiche zeigen: 0 ist, was der Encoder aus dem Spielfeld gemacht hat, der letzte ist die Antwort.</translation>
    </message>
    <message>
        <source>How many rounds the network has from the first board to the last: one for each generation, or fewer or more than those.</source>
        <translation>Wie viele Runden das Netz vom ersten Spielfeld bis zum letzten hat: eine je Generation, oder weniger oder mehr.</translation>
    </message>
    <message>
        <source>Rounding whose gradient is taken as if it had not rounded.</source>
        <translation>Runden, dessen Gradient genommen wird, als wäre nicht gerundet worden.</translation>
    </message>
    <message>
        <source>The paper's score, where every single cell must be right.</source>
        <translation>Die Punktzahl der Veröffentlichung, wo jede einzelne Zelle stimmen muss.</translation>
    </message>
    <message>
        <source>One minus the greatest output: the doubt that costs nothing.</source>
        <translation>Eins minus die größte Ausgabe: der Zweifel, der nichts kostet.</translation>
    </message>
    <message>
        <source>Two estimates of the error: from the place on the map, or from 50 principal components.</source>
        <translation>Zwei Schätzungen des Fehlers: aus dem Ort auf der Karte, oder aus 50 Hauptkomponenten.</translation>
    </message>
    <message>
        <source>Hidden vectors of all examples in two dimensions, with a decoder back: a dot each, those that the network finds similar side by side.</source>
        <translation>Verborgene Vektoren aller Beispiele in zwei Dimensionen, mit einem Decoder zurück: je ein Punkt, und nebeneinander, was das Netz ähnlich findet.</translation>
    </message>
    <message>
        <source>The estimated error that 5 % of clean test pictures exceed.</source>
        <translation>Der geschätzte Fehler, den 5 % sauberer Testbilder übersteigen.</translation>
    </message>
    <message>
        <source>A small change of a picture made so that the network answers another class.</source>
        <translation>Eine kleine Änderung eines Bildes, so gemacht, dass das Netz eine andere Klasse antwortet.</translation>
    </message>
    <message>
        <source>Chance that a wrong answer has a greater estimate than a right one; .5 is guessing.</source>
        <translation>Wahrscheinlichkeit, dass eine falsche Antwort eine größere Schätzung hat als eine richtige; 0,5 ist Raten.</translation>
    </message>
    <message>
        <source>What is known of the example under the mouse: its neighbors, its units, and how noise and attacks move it.</source>
        <translation>Was über das Beispiel unter der Maus bekannt ist: seine Nachbarn, seine Einheiten, und wie Rauschen und Angriffe es bewegen.</translation>
    </message>
    <message>
        <source>Colors of units by the classes they work for (equation 11 of the paper).</source>
        <translation>Farben von Einheiten nach den Klassen, für die sie arbeiten (Gleichung 11 der Veröffentlichung).</translation>
    </message>
    <message>
        <source>One of the answers that the network can give; here the one whose expected pattern is shown.</source>
        <translation>Eine der Antworten, die das Netz geben kann; hier die, deren erwartetes Muster gezeigt wird.</translation>
    </message>
    <message>
        <source>What a dot's color stands for: its true class, the class that the network answers, or how wrong it is.</source>
        <translation>Wofür die Farbe eines Punktes steht: für seine wahre Klasse, für die, die das Netz antwortet, oder dafür, wie falsch es liegt.</translation>
    </message>
    <message>
        <source>Noisy copies of one picture on the map.</source>
        <translation>Verrauschte Kopien eines Bildes auf der Karte.</translation>
    </message>
    <message>
        <source>How many pictures the map is fitted on. Fewer are quicker; some thousands make islands that can be trusted.</source>
        <translation>An wie viele Bilder die Karte angepasst wird. Weniger geht schneller; mit einigen Tausend entstehen Inseln, denen man trauen kann.</translation>
    </message>
    <message>
        <source>Which examples are drawn: all, those that the map was fitted on, or those held back to test it.</source>
        <translation>Welche Beispiele gezeichnet werden: alle, die, an die die Karte angepasst wurde, oder die zum Testen zurückgehaltenen.</translation>
    </message>
    <message>
        <source>The error that examples at this place have, as an estimator learned it, as log10.</source>
        <translation>Der Fehler, den Beispiele an dieser Stelle haben, wie ein Schätzer ihn gelernt hat, als log10.</translation>
    </message>
    <message>
        <source>One column of the harvested matrix: one unit, or one mean of a unit's map.</source>
        <translation>Eine Spalte der gesammelten Matrix: eine Einheit, oder ein Mittel der Karte einer Einheit.</translation>
    </message>
    <message>
        <source>A step of fixed size along the sign of the gradient.</source>
        <translation>Ein Schritt fester Größe entlang des Vorzeichens des Gradienten.</translation>
    </message>
    <message>
        <source>The expected error at each place, drawn behind the dots; hatched where no example lives.</source>
        <translation>Der erwartete Fehler an jeder Stelle, hinter den Punkten gezeichnet; schraffiert, wo kein Beispiel lebt.</translation>
    </message>
    <message>
        <source>How far a pixel may move in one step of the attack, of a range from 0 to 1: small enough that people do not notice it.</source>
        <translation>Wie weit sich ein Pixel in einem Schritt des Angriffs bewegen darf, in einem Bereich von 0 bis 1: so wenig, dass Menschen es nicht bemerken.</translation>
    </message>
    <message>
        <source>Running examples through a network and collecting its activations.</source>
        <translation>Beispiele durch ein Netz laufen lassen und seine Aktivierungen sammeln.</translation>
    </message>
    <message>
        <source>The autoencoder that makes the map, kept spread out by the MMD (Gretton et al. 2012).</source>
        <translation>Der Autoencoder, der die Karte macht, ausgebreitet gehalten durch die MMD (Gretton et al. 2012).</translation>
    </message>
    <message>
        <source>A line around dots that picks them.</source>
        <translation>Eine Linie um Punkte, die sie auswählt.</translation>
    </message>
    <message>
        <source>By the class that each unit works for, or as the network numbers them.</source>
        <translation>Nach der Klasse, für die jede Einheit arbeitet, oder wie das Netz sie nummeriert.</translation>
    </message>
    <message>
        <source>Two other projections: along the directions of most variance, or by neighborhoods (where it is installed).</source>
        <translation>Zwei andere Projektionen: entlang der Richtungen größter Varianz, oder nach Nachbarschaften (wo installiert).</translation>
    </message>
    <message>
        <source>What is left between two maps after the best turn and scale; 0 means only turned.</source>
        <translation>Was zwischen zwei Karten nach der besten Drehung und Skalierung bleibt; 0 heißt nur gedreht.</translation>
    </message>
    <message>
        <source>The number that the fit's randomness begins with. Another one gives another map that is as true.</source>
        <translation>Die Zahl, mit der der Zufall der Anpassung beginnt. Eine andere ergibt eine andere, ebenso wahre Karte.</translation>
    </message>
    <message>
        <source>How many small changes follow each other.</source>
        <translation>Wie viele kleine Änderungen aufeinander folgen.</translation>
    </message>
    <message>
        <source>How long the map learns. Few steps are quick and poor.</source>
        <translation>Wie lange die Karte lernt. Wenige Schritte gehen schnell und sind schlecht.</translation>
    </message>
    <message>
        <source>Where the last frames were.</source>
        <translation>Wo die letzten Bilder waren.</translation>
    </message>
    <message>
        <source>The activation map, learned by a variational autoencoder (here an InfoVAE): it squeezes each example's activations into two numbers and back.</source>
        <translation>Die Aktivierungskarte, gelernt von einem Variational Autoencoder (hier ein InfoVAE): Er zwängt die Aktivierungen jedes Beispiels in zwei Zahlen und zurück.</translation>
    </message>
    <message>
        <source>A color for each unit of the network: how strong it is for this frame, for the place under the mouse, or which class it works for.</source>
        <translation>Eine Farbe für jede Einheit des Netzes: wie stark sie für dieses Bild ist, für die Stelle unter der Maus, oder für welche Klasse sie arbeitet.</translation>
    </message>
    <message>
        <source>How strongly the grown picture excites the unit, against the best photograph that is known, and how much fine detail it has.</source>
        <translation>Wie stark das gewachsene Bild die Einheit erregt, gegen das beste bekannte Foto, und wie viel Feines es enthält.</translation>
    </message>
    <message>
        <source>The examples whose inner state is most like that of the present picture, or of the place under the mouse.</source>
        <translation>Die Beispiele, deren innerer Zustand dem des jetzigen Bildes am ähnlichsten ist, oder dem der Stelle unter der Maus.</translation>
    </message>
    <message>
        <source>Whether the network gets its pictures as it was trained on them: the range of its input, how sure its answers are, and what other usual preprocessings would give.</source>
        <translation>Ob das Netz seine Bilder so bekommt, wie es trainiert wurde: der Bereich seiner Eingabe, wie sicher seine Antworten sind, und was andere übliche Vorverarbeitungen ergäben.</translation>
    </message>
</context>
<context>
    <name>app/activation_map/empty_state</name>
    <message>
        <source>Fit a map for this network on a data set</source>
        <translation>Eine Karte für dieses Netz an einen Datensatz anpassen</translation>
    </message>
</context>
<context>
    <name>app/activation_map/export</name>
    <message>
        <source>The pictures of this map</source>
        <translation>Die Bilder dieser Karte</translation>
    </message>
</context>
<context>
    <name>app/activation_map/fit_dialog</name>
    <message>
        <source>Folder ...</source>
        <translation>Ordner ...</translation>
    </message>
    <message>
        <source>Choose a folder of pictures</source>
        <translation>Einen Ordner mit Bildern wählen</translation>
    </message>
    <message>
        <source>File ...</source>
        <translation>Datei ...</translation>
    </message>
    <message>
        <source>Choose a tar file, a film or MNIST's images</source>
        <translation>Eine tar-Datei, einen Film oder Bilder von MNIST wählen</translation>
    </message>
    <message>
        <source>How layers that are maps are taken</source>
        <translation>Wie Schichten aus Karten genommen werden</translation>
    </message>
    <message>
        <source>record of its learning</source>
        <translation>Aufzeichnung des Lernens</translation>
    </message>
    <message>
        <source>A second map: where some examples were as the network learned</source>
        <translation>Eine zweite Karte: wo einige Beispiele waren, während das Netz lernte</translation>
    </message>
    <message>
        <source>UMAP beside it</source>
        <translation>UMAP daneben</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Anpassen</translation>
    </message>
    <message>
        <source>Begin, or go on where the same fit was stopped</source>
        <translation>Beginnen, oder dort weitermachen, wo dieselbe Anpassung aufhörte</translation>
    </message>
    <message>
        <source>as suits: the mean of each map</source>
        <translation>wie es passt: das Mittel jeder Karte</translation>
    </message>
    <message>
        <source>every value of each map</source>
        <translation>jeder Wert jeder Karte</translation>
    </message>
    <message>
        <source>random projections</source>
        <translation>zufällige Projektionen</translation>
    </message>
    <message>
        <source>the mean of each map</source>
        <translation>das Mittel jeder Karte</translation>
    </message>
    <message>
        <source>{count:,} examples</source>
        <translation>{count:,} Beispielen</translation>
    </message>
    <message>
        <source>This replaces the map of {count_text} (kept as the one before).</source>
        <translation>Dies ersetzt die Karte aus {count_text} (sie bleibt als die vorige erhalten).</translation>
    </message>
    <message>
        <source>Examples at most</source>
        <translation>Höchstens so viele Beispiele</translation>
    </message>
    <message>
        <source>all of them</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>Seed of the fit; another one gives another map</source>
        <translation>Seed der Anpassung; ein anderer ergibt eine andere Karte</translation>
    </message>
    <message>
        <source>Steps of the fit; few are quick and poor</source>
        <translation>Schritte der Anpassung; wenige sind schnell und schlecht</translation>
    </message>
    <message>
        <source>as many as suit</source>
        <translation>so viele wie nötig</translation>
    </message>
    <message>
        <source>Fit a map</source>
        <translation>Karte anpassen</translation>
    </message>
    <message>
        <source>How the activations of a layer that is maps are taken; of the others every value is</source>
        <translation>Wie die Aktivierungen einer Schicht aus Karten genommen werden; von den anderen jeder Wert</translation>
    </message>
    <message>
        <source>End the fit; the same fit goes on another time</source>
        <translation>Die Anpassung beenden; dieselbe geht ein andermal weiter</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Feature maps</source>
        <translation>Karten</translation>
    </message>
    <message>
        <source>Pictures that the map is fitted on</source>
        <translation>Bilder, an die die Karte angepasst wird</translation>
    </message>
    <message>
        <source>Layers whose activations make the map, with commas</source>
        <translation>Schichten, deren Aktivierungen die Karte ergeben, mit Kommas</translation>
    </message>
    <message>
        <source>Names with commas, as in the list of layers; empty: those that suit the network</source>
        <translation>Namen mit Kommas, wie in der Liste der Schichten; leer: die, die zum Netz passen</translation>
    </message>
    <message>
        <source>Another projection to compare with; takes a minute or two more</source>
        <translation>Eine weitere Projektion zum Vergleich; dauert ein bis zwei Minuten länger</translation>
    </message>
    <message>
        <source>UMAP needs the package umap-learn: pip install dnnvis[umap]</source>
        <translation>UMAP braucht das Paket umap-learn: pip install dnnvis[umap]</translation>
    </message>
    <message>
        <source>A folder of pictures (one per class, too), MNIST's files, a tar file or a film</source>
        <translation>Ein Ordner mit Bildern (auch einer je Klasse), Dateien von MNIST, eine tar-Datei oder ein Film</translation>
    </message>
    <message>
        <source>Nothing: boards are made by the rule</source>
        <translation>Nichts: Spielfelder entstehen aus der Regel</translation>
    </message>
    <message>
        <source>its {states} hidden states</source>
        <translation>seine {states} verborgenen Zustände</translation>
    </message>
    <message>
        <source>its dense activation layers, else all of them</source>
        <translation>seine dichten Schichten von Aktivierungen, sonst alle</translation>
    </message>
    <message>
        <source>Fit a map of {name}</source>
        <translation>Karte von {name} anpassen</translation>
    </message>
    <message>
        <source>Stopped. What is done is kept: Fit goes on.</source>
        <translation>Gestoppt. Was fertig ist, bleibt: Anpassen macht weiter.</translation>
    </message>
    <message>
        <source>Open a network first.</source>
        <translation>Zuerst ein Netz öffnen.</translation>
    </message>
    <message>
        <source>Say on which pictures {name} is to be mapped.</source>
        <translation>Angeben, auf welchen Bildern {name} kartiert werden soll.</translation>
    </message>
    <message>
        <source>Pictures for the map</source>
        <translation>Bilder für die Karte</translation>
    </message>
</context>
<context>
    <name>app/activation_map/fit_preview</name>
    <message>
        <source>The map while it is fitted</source>
        <translation>Die Karte während der Anpassung</translation>
    </message>
    <message>
        <source>While it is fitted, the map takes shape here: a dot an example, in its class' colour.</source>
        <translation>Während der Anpassung nimmt die Karte hier Gestalt an: ein Punkt je Beispiel, in der Farbe seiner Klasse.</translation>
    </message>
</context>
<context>
    <name>app/activation_map/legend</name>
    <message>
        <source>Classes of the map</source>
        <translation>Klassen der Karte</translation>
    </message>
    <message>
        <source>{parts} more</source>
        <translation>{parts} weitere</translation>
    </message>
    <message>
        <source>{name}
Click: hide or show. Shift+click: only this one.</source>
        <translation>{name}
Klick: zeigen oder verbergen. Umschalt+Klick: nur diese.</translation>
    </message>
    <message>
        <source>Marks on the map</source>
        <translation>Zeichen auf der Karte</translation>
    </message>
    <message>
        <source>Hatched: no example lives there, the expected error means nothing. A ring around a dot: the network takes that example for another class.</source>
        <translation>Schraffiert: Dort lebt kein Beispiel, der erwartete Fehler bedeutet nichts. Ein Ring um einen Punkt: Das Netz hält dieses Beispiel für eine andere Klasse.</translation>
    </message>
    <message>
        <source>Colors of the error</source>
        <translation>Farben des Fehlers</translation>
    </message>
    <message>
        <source>log10 of e = ½|y − ŷ|²: bright is where errors are large</source>
        <translation>log10 von e = ½|y − ŷ|²: hell ist, wo Fehler groß sind</translation>
    </message>
    <message>
        <source>log₁₀ error</source>
        <translation>log₁₀ Fehler</translation>
    </message>
</context>
<context>
    <name>app/activation_map/legend_box</name>
    <message>
        <source>legend ▾</source>
        <translation>Legende ▾</translation>
    </message>
    <message>
        <source>Show or hide the legend</source>
        <translation>Legende zeigen oder verbergen</translation>
    </message>
    <message>
        <source>Legend</source>
        <translation>Legende</translation>
    </message>
    <message>
        <source>legend ▸</source>
        <translation>Legende ▸</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/attack</name>
    <message>
        <source>Greatest change of a pixel in one step</source>
        <translation>Größte Änderung eines Pixels in einem Schritt</translation>
    </message>
    <message>
        <source>Steps of the attack</source>
        <translation>Schritte des Angriffs</translation>
    </message>
    <message>
        <source>Attack this frame</source>
        <translation>Dieses Bild angreifen</translation>
    </message>
    <message>
        <source>Begin with the present frame</source>
        <translation>Mit dem jetzigen Bild beginnen</translation>
    </message>
    <message>
        <source>resisted in the end</source>
        <translation>am Ende widerstanden</translation>
    </message>
    <message>
        <source>{text}, so far</source>
        <translation>{text}, bisher</translation>
    </message>
    <message>
        <source>Attacks, one a target</source>
        <translation>Angriffe, einer je Ziel</translation>
    </message>
    <message>
        <source>The frame, attacked, and what was added</source>
        <translation>Das Bild, angegriffen, und was dazukam</translation>
    </message>
    <message>
        <source>Paths of the attacks</source>
        <translation>Wege der Angriffe</translation>
    </message>
    <message>
        <source>From the cross, the clean frame, towards each target in its class' colour; the chosen one thick, with a ring where the answer changes.</source>
        <translation>Vom Kreuz, dem sauberen Bild, zu jedem Ziel in der Farbe seiner Klasse; der gewählte dick, mit einem Ring, wo sich die Antwort ändert.</translation>
    </message>
    <message>
        <source>eps {eps:.3f}</source>
        <translation>eps {eps:.3f}</translation>
    </message>
    <message>
        <source>steps {steps}</source>
        <translation>Schritte {steps}</translation>
    </message>
    <message>
        <source>Attacking the frame ...</source>
        <translation>Das Bild wird angegriffen ...</translation>
    </message>
    <message>
        <source>Attack this frame: see which ways lead from it over the map to each other class.</source>
        <translation>Dieses Bild angreifen: sehen, welche Wege von ihm über die Karte zu jeder anderen Klasse führen.</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>step {done} of {steps}</source>
        <translation>Schritt {done} von {steps}</translation>
    </message>
    <message>
        <source>never</source>
        <translation>nie</translation>
    </message>
    <message>
        <source>; the gradient was exactly 0 at {count} steps</source>
        <translation>; der Gradient war bei {count} Schritten genau 0</translation>
    </message>
    <message>
        <source>now {name}</source>
        <translation>jetzt {name}</translation>
    </message>
    <message>
        <source>towards {target}: {outcome}, no pixel changed by more than {max_abs} (the steps allow {budget}){stuck}. {message}</source>
        <translation>zu {target}: {outcome}, kein Pixel um mehr als {max_abs} geändert (die Schritte erlauben {budget}){stuck}. {message}</translation>
    </message>
    <message>
        <source>No estimate of the error.</source>
        <translation>Keine Schätzung des Fehlers.</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/attack_curve</name>
    <message>
        <source>log₁₀ of the expected error at each step. Dashed: 5 % of the right examples lie above it. Upright: the network's answer changes.</source>
        <translation>log₁₀ des erwarteten Fehlers bei jedem Schritt. Gestrichelt: 5 % der richtigen Beispiele liegen darüber. Senkrecht: Die Antwort des Netzes ändert sich.</translation>
    </message>
    <message>
        <source>flips at {step}</source>
        <translation>kippt bei {step}</translation>
    </message>
    <message>
        <source>Expected error over the steps of the attack</source>
        <translation>Erwarteter Fehler über die Schritte des Angriffs</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/base</name>
    <message>
        <source>The map is not here yet: it is read with the first picture.</source>
        <translation>Die Karte ist noch nicht da: Sie wird mit dem ersten Bild gelesen.</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/captions</name>
    <message>
        <source>{name}, said {class_name}</source>
        <translation>{name}, gesagt: {class_name}</translation>
    </message>
    <message>
        <source>said {class_name}</source>
        <translation>gesagt: {class_name}</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/errors</name>
    <message>
        <source>Estimate</source>
        <translation>Schätzung</translation>
    </message>
    <message>
        <source>2-d: from the place</source>
        <translation>2-d: aus dem Ort</translation>
    </message>
    <message>
        <source>richer: from 50 components</source>
        <translation>reicher: aus 50 Komponenten</translation>
    </message>
    <message>
        <source>{count:,} examples, all used in fitting</source>
        <translation>{count:,} Beispiele, alle zur Anpassung benutzt</translation>
    </message>
    <message>
        <source>{count:,} test examples</source>
        <translation>{count:,} Testbeispiele</translation>
    </message>
    <message>
        <source>This map has no estimate of the error: no labels of the network's classes were there.</source>
        <translation>Diese Karte hat keine Schätzung des Fehlers: Es gab keine Labels der Klassen des Netzes.</translation>
    </message>
    <message>
        <source>Right and wrong are not known: this map has no labels of the network's classes.</source>
        <translation>Was richtig und falsch ist, ist nicht bekannt: Diese Karte hat keine Labels der Klassen des Netzes.</translation>
    </message>
    <message>
        <source>1 − max probability</source>
        <translation>1 − max. Wahrscheinlichkeit</translation>
    </message>
    <message>
        <source>AUROC: {ranks}</source>
        <translation>AUROC: {ranks}</translation>
    </message>
    <message>
        <source>gap: {gaps} orders</source>
        <translation>Abstand: {gaps} Größenordnungen</translation>
    </message>
    <message>
        <source>{name} {count:,}, median {median}</source>
        <translation>{name} {count:,}, Median {median}</translation>
    </message>
    <message>
        <source>Which estimate of log₁₀ e: e is half the squared error of the output</source>
        <translation>Welche Schätzung von log₁₀ e: e ist der halbe quadratische Fehler der Ausgabe</translation>
    </message>
    <message>
        <source>1 − max probability is the doubt of the output itself, for free: it often ranks errors as well, or better. Read the estimates as ranks: of wrong examples they are too low.</source>
        <translation>1 − max. Wahrscheinlichkeit ist der Zweifel der Ausgabe selbst, umsonst: Er ordnet Fehler oft ebenso gut oder besser. Die Schätzungen als Ränge lesen: Für falsche Beispiele sind sie zu niedrig.</translation>
    </message>
    <message>
        <source>, the {max_classes} classes with most errors</source>
        <translation>, die {max_classes} Klassen mit den meisten Fehlern</translation>
    </message>
    <message>
        <source>log₁₀ of the estimated error; green right, red wrong; above: % right</source>
        <translation>log₁₀ des geschätzten Fehlers; grün richtig, rot falsch; oben: % richtig</translation>
    </message>
    <message>
        <source>Estimated error of right and wrong examples, per class</source>
        <translation>Geschätzter Fehler richtiger und falscher Beispiele, je Klasse</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/examples</name>
    <message>
        <source>Pictures ...</source>
        <translation>Bilder ...</translation>
    </message>
    <message>
        <source>Say where the pictures are that this map was fitted on</source>
        <translation>Angeben, wo die Bilder liegen, an die diese Karte angepasst wurde</translation>
    </message>
    <message>
        <source>Picked</source>
        <translation>Gewählt</translation>
    </message>
    <message>
        <source>, the first {shown} shown</source>
        <translation>, die ersten {shown} gezeigt</translation>
    </message>
    <message>
        <source>{count:,} picked</source>
        <translation>{count:,} gewählt</translation>
    </message>
    <message>
        <source>Picked examples</source>
        <translation>Gewählte Beispiele</translation>
    </message>
    <message>
        <source>Nothing is picked. Click a dot on the map, or draw a lasso around some.</source>
        <translation>Nichts ist gewählt. Einen Punkt der Karte anklicken, oder mit dem Lasso einige umfahren.</translation>
    </message>
    <message>
        <source>Reading the pictures ...</source>
        <translation>Die Bilder werden gelesen ...</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/learning</name>
    <message>
        <source>Moment of the training</source>
        <translation>Zeitpunkt des Trainings</translation>
    </message>
    <message>
        <source>A moment that was kept of the training</source>
        <translation>Ein Zeitpunkt des Trainings, der behalten wurde</translation>
    </message>
    <message>
        <source>{count} examples at {moments} moments of the training, in one map of their own: gray is its beginning, the class' colour its end.</source>
        <translation>{count} Beispiele zu {moments} Zeitpunkten des Trainings, in einer eigenen Karte: Grau ist der Anfang, die Farbe der Klasse das Ende.</translation>
    </message>
    <message>
        <source>This map holds no learning record: of a network of boards none is made. Steps shows its training.</source>
        <translation>Diese Karte hat keine Aufzeichnung des Lernens: Von einem Netz für Spielfelder entsteht keine. Zeit zeigt sein Training.</translation>
    </message>
    <message>
        <source>This map holds no learning record, though the network kept moments of its training: fit a map on pictures, with “record of its learning” ticked.</source>
        <translation>Diese Karte hat keine Aufzeichnung des Lernens, obwohl das Netz Zeitpunkte seines Trainings behielt: eine Karte an Bilder anpassen, mit Haken bei „Aufzeichnung des Lernens“.</translation>
    </message>
    <message>
        <source>This map holds no learning record: the network kept no moments of its training.</source>
        <translation>Diese Karte hat keine Aufzeichnung des Lernens: Das Netz behielt keine Zeitpunkte seines Trainings.</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/near</name>
    <message>
        <source>At ({x}, {y})</source>
        <translation>Bei ({x}; {y})</translation>
    </message>
    <message>
        <source>expected log₁₀ error {expected}</source>
        <translation>erwarteter log₁₀ Fehler {expected}</translation>
    </message>
    <message>
        <source>no example lives here, so do not trust it</source>
        <translation>kein Beispiel lebt hier, also nicht darauf verlassen</translation>
    </message>
    <message>
        <source>Examples that live nearest to the place</source>
        <translation>Beispiele, die der Stelle am nächsten leben</translation>
    </message>
    <message>
        <source>Rest the mouse on the map to see which examples live there.</source>
        <translation>Die Maus auf der Karte ruhen lassen, um zu sehen, welche Beispiele dort leben.</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/noise</name>
    <message>
        <source>Strength of the noise</source>
        <translation>Stärke des Rauschens</translation>
    </message>
    <message>
        <source>Begin again with the present frame</source>
        <translation>Mit dem jetzigen Bild neu beginnen</translation>
    </message>
    <message>
        <source>follow</source>
        <translation>folgen</translation>
    </message>
    <message>
        <source>Begin again with each new frame</source>
        <translation>Mit jedem neuen Bild neu beginnen</translation>
    </message>
    <message>
        <source> · frame {number}</source>
        <translation> · Bild {number}</translation>
    </message>
    <message>
        <source>error rate {error_rate}
spread {spread}
displacement {displacement}</source>
        <translation>Fehlerrate {error_rate}
Streuung {spread}
Verschiebung {displacement}</translation>
    </message>
    <message>
        <source>{count:,} times</source>
        <translation>{count:,}-mal</translation>
    </message>
    <message>
        <source>Noisy copies on the map</source>
        <translation>Verrauschte Kopien auf der Karte</translation>
    </message>
    <message>
        <source>sigma of the white noise on each pixel, pixels being 0 to 1</source>
        <translation>Sigma des weißen Rauschens auf jedem Pixel, Pixel von 0 bis 1</translation>
    </message>
    <message>
        <source>sigma {sigma}</source>
        <translation>Sigma {sigma}</translation>
    </message>
    <message>
        <source>Putting noise on the frame ...</source>
        <translation>Das Bild wird verrauscht ...</translation>
    </message>
    <message>
        <source>Cross: the clean frame. Dots: noisy copies in the colour of the class that the network sees in them. Arrow: how far their mean has moved.</source>
        <translation>Kreuz: das saubere Bild. Punkte: verrauschte Kopien in der Farbe der Klasse, die das Netz in ihnen sieht. Pfeil: wie weit sich ihr Mittel bewegt hat.</translation>
    </message>
    <message>
        <source>The sister network comes next ...</source>
        <translation>Das Schwesternetz kommt als Nächstes ...</translation>
    </message>
    <message>
        <source>No sister of this network was trained on noise.</source>
        <translation>Kein Schwesternetz dieses Netzes wurde auf Rauschen trainiert.</translation>
    </message>
    <message>
        <source>seen as </source>
        <translation>gesehen als </translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/units</name>
    <message>
        <source>What is shown of the units</source>
        <translation>Was von den Einheiten gezeigt wird</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Klasse</translation>
    </message>
    <message>
        <source>Order of the units within a layer</source>
        <translation>Ordnung der Einheiten in einer Schicht</translation>
    </message>
    <message>
        <source>all steps</source>
        <translation>alle Schritte</translation>
    </message>
    <message>
        <source>Every step of the recurrent network side by side, or its last</source>
        <translation>Alle Schritte des rekurrenten Netzes nebeneinander, oder nur den letzten</translation>
    </message>
    <message>
        <source>as they are</source>
        <translation>wie sie sind</translation>
    </message>
    <message>
        <source>brainbow (eq. 11)</source>
        <translation>Brainbow (Gl. 11)</translation>
    </message>
    <message>
        <source>by class</source>
        <translation>nach Klasse</translation>
    </message>
    <message>
        <source>class of each unit</source>
        <translation>Klasse jeder Einheit</translation>
    </message>
    <message>
        <source>expected pattern of</source>
        <translation>erwartetes Muster von</translation>
    </message>
    <message>
        <source>place under the mouse</source>
        <translation>Stelle unter der Maus</translation>
    </message>
    <message>
        <source>this frame</source>
        <translation>dieses Bild</translation>
    </message>
    <message>
        <source>This map knows no classes, so its units cannot be given to any.</source>
        <translation>Diese Karte kennt keine Klassen, ihre Einheiten lassen sich also keiner zuordnen.</translation>
    </message>
    <message>
        <source>Rest the mouse on the map: what the decoder says of the place is shown here.</source>
        <translation>Die Maus auf der Karte ruhen lassen: Was der Decoder zu der Stelle sagt, steht hier.</translation>
    </message>
    <message>
        <source>No frame has been put on the map yet.</source>
        <translation>Noch kein Bild wurde auf die Karte gesetzt.</translation>
    </message>
    <message>
        <source>The map has no example of class {class_name}.</source>
        <translation>Die Karte hat kein Beispiel der Klasse {class_name}.</translation>
    </message>
    <message>
        <source>Each unit in the mixed colour of the classes that excite it (equation 11).</source>
        <translation>Jede Einheit in der Mischfarbe der Klassen, die sie erregen (Gleichung 11).</translation>
    </message>
    <message>
        <source>Each unit in the colour of the class that excites it most (equation 10).</source>
        <translation>Jede Einheit in der Farbe der Klasse, die sie am stärksten erregt (Gleichung 10).</translation>
    </message>
    <message>
        <source>fires most: units of </source>
        <translation>feuert am meisten: Einheiten von </translation>
    </message>
    <message>
        <source>, then of </source>
        <translation>, dann von </translation>
    </message>
    <message>
        <source>red above, blue below the unit's mean, to 3 sd</source>
        <translation>rot über, blau unter dem Mittel der Einheit, bis 3 Std.</translation>
    </message>
    <message>
        <source>{name}, projection {number}</source>
        <translation>{name}, Projektion {number}</translation>
    </message>
    <message>
        <source>works for {class_name}</source>
        <translation>arbeitet für {class_name}</translation>
    </message>
    <message>
        <source>{value} ({deviation} sd)</source>
        <translation>{value} ({deviation} Std.)</translation>
    </message>
</context>
<context>
    <name>app/activation_map/tabs/units_view</name>
    <message>
        <source>All units, a block for each layer</source>
        <translation>Alle Einheiten, ein Block je Schicht</translation>
    </message>
</context>
<context>
    <name>app/activation_map/text</name>
    <message>
        <source>Drag: move. Wheel, + and −: closer and back. Double click or 0: all of it. Click a dot, or drag with Shift: pick. Esc: pick none.</source>
        <translation>Ziehen: bewegen. Rad, + und −: näher und zurück. Doppelklick oder 0: alles. Einen Punkt anklicken, oder mit Umschalt ziehen: wählen. Esc: keinen wählen.</translation>
    </message>
    <message>
        <source>Reading the map ...</source>
        <translation>Die Karte wird gelesen ...</translation>
    </message>
    <message>
        <source>This map holds no examples.</source>
        <translation>Diese Karte enthält keine Beispiele.</translation>
    </message>
    <message>
        <source>Waiting for a first picture: the map is read with it. Choose what to look at in the Source menu.</source>
        <translation>Das erste Bild fehlt noch: Mit ihm wird die Karte gelesen. Im Menü Quelle wählen, was angesehen wird.</translation>
    </message>
    <message>
        <source>Waiting for a frame: its place on the map becomes a cross.</source>
        <translation>Noch fehlt ein Bild: Sein Ort auf der Karte wird ein Kreuz.</translation>
    </message>
    <message>
        <source>where no example lives: the estimate means nothing</source>
        <translation>wo kein Beispiel lebt: Die Schätzung bedeutet nichts</translation>
    </message>
    <message>
        <source>no class</source>
        <translation>keine Klasse</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>nicht bekannt</translation>
    </message>
    <message>
        <source>1 − max probability {doubt:.3f}</source>
        <translation>1 − max. Wahrscheinlichkeit {doubt:.3f}</translation>
    </message>
    <message>
        <source>above the 5 % false-alarm line ({exceeded})</source>
        <translation>über der Linie von 5 % Fehlalarm ({exceeded})</translation>
    </message>
    <message>
        <source>taken for {class_name}</source>
        <translation>gehalten für {class_name}</translation>
    </message>
    <message>
        <source>expected log₁₀ error {estimates}</source>
        <translation>erwarteter log₁₀ Fehler {estimates}</translation>
    </message>
    <message>
        <source>no estimate of the error</source>
        <translation>keine Schätzung des Fehlers</translation>
    </message>
    <message>
        <source>dots</source>
        <translation>Punkte</translation>
    </message>
    <message>
        <source>log₁₀ error {log_e}</source>
        <translation>log₁₀ Fehler {log_e}</translation>
    </message>
    <message>
        <source>example {number:,}</source>
        <translation>Beispiel {number:,}</translation>
    </message>
    <message>
        <source>step {step} of 0 to {last}</source>
        <translation>Schritt {step} von 0 bis {last}</translation>
    </message>
    <message>
        <source>expected {expected} ({kind})</source>
        <translation>erwartet {expected} ({kind})</translation>
    </message>
    <message>
        <source> (test)</source>
        <translation> (Test)</translation>
    </message>
    <message>
        <source>right</source>
        <translation>richtig</translation>
    </message>
    <message>
        <source>2-d</source>
        <translation>2-d</translation>
    </message>
    <message>
        <source>richer</source>
        <translation>reicher</translation>
    </message>
    <message>
        <source>{count:,} picked (Esc: none)</source>
        <translation>{count:,} gewählt (Esc: keines)</translation>
    </message>
    <message>
        <source>1 example picked (Esc: none)</source>
        <translation>1 Beispiel gewählt (Esc: keines)</translation>
    </message>
    <message>
        <source>{count:,} of the {lassoed:,} in the lasso are picked (Esc: none)</source>
        <translation>{count:,} der {lassoed:,} im Lasso sind gewählt (Esc: keines)</translation>
    </message>
    <message>
        <source>{plays:,} of {rows:,} play, taken evenly</source>
        <translation>{plays:,} von {rows:,} laufen, gleichmäßig genommen</translation>
    </message>
    <message>
        <source>they do not run: their pictures are not in {path} (Pictures ... under Examples)</source>
        <translation>sie laufen nicht: Ihre Bilder sind nicht in {path} (Bilder ... unter Beispiele)</translation>
    </message>
    <message>
        <source>they do not run: their pictures were not kept</source>
        <translation>sie laufen nicht: Ihre Bilder wurden nicht behalten</translation>
    </message>
    <message>
        <source>, {rows_each} steps each</source>
        <translation>, je {rows_each} Schritte</translation>
    </message>
    <message>
        <source>{count:,} examples{each}</source>
        <translation>{count:,} Beispiele{each}</translation>
    </message>
    <message>
        <source>{test_count:,} of them for testing</source>
        <translation>davon {test_count:,} zum Testen</translation>
    </message>
    <message>
        <source>seed {seed} · another seed gives another map</source>
        <translation>Seed {seed} · ein anderer Seed ergibt eine andere Karte</translation>
    </message>
</context>
<context>
    <name>app/activation_map/toolbar</name>
    <message>
        <source>Fit a map ...</source>
        <translation>Karte anpassen ...</translation>
    </message>
    <message>
        <source>Colour of the dots</source>
        <translation>Farbe der Punkte</translation>
    </message>
    <message>
        <source>Which estimate colours the dots (by expected error) and is told under Errors and Attack: 2-d, from the place alone, or richer, from 50 components. The field is always the 2-d one.</source>
        <translation>Welche Schätzung die Punkte färbt (bei erwartetem Fehler) und unter Fehler und Angriff steht: 2-d, aus dem Ort allein, oder reicher, aus 50 Komponenten. Das Feld ist immer das aus 2-d.</translation>
    </message>
    <message>
        <source>Projection</source>
        <translation>Projektion</translation>
    </message>
    <message>
        <source>Examples of</source>
        <translation>Beispiele von</translation>
    </message>
    <message>
        <source>field</source>
        <translation>Feld</translation>
    </message>
    <message>
        <source>trail</source>
        <translation>Spur</translation>
    </message>
    <message>
        <source>Where the last frames were</source>
        <translation>Wo die letzten Bilder waren</translation>
    </message>
    <message>
        <source>Of examples, where dots are rare</source>
        <translation>Von Beispielen, wo Punkte selten sind</translation>
    </message>
    <message>
        <source>lasso</source>
        <translation>Lasso</translation>
    </message>
    <message>
        <source>Draw a line around dots to pick them (or drag with Shift)</source>
        <translation>Eine Linie um Punkte ziehen, um sie zu wählen (oder mit Umschalt ziehen)</translation>
    </message>
    <message>
        <source>export</source>
        <translation>Ausgeben</translation>
    </message>
    <message>
        <source>The map as a picture, its examples as a table</source>
        <translation>Die Karte als Bild, ihre Beispiele als Tabelle</translation>
    </message>
    <message>
        <source>Picture (PNG) ...</source>
        <translation>Bild (PNG) ...</translation>
    </message>
    <message>
        <source>Table (CSV) ...</source>
        <translation>Tabelle (CSV) ...</translation>
    </message>
    <message>
        <source>{fit_tooltip}; the arrow: ways back, and where the pictures are</source>
        <translation>{fit_tooltip}; der Pfeil: Wege zurück, und wo die Bilder liegen</translation>
    </message>
    <message>
        <source>Pictures of this map</source>
        <translation>Bilder dieser Karte</translation>
    </message>
    <message>
        <source>The error expected at each place, hatched where no example lives</source>
        <translation>Der Fehler, der an jeder Stelle erwartet wird, schraffiert, wo kein Beispiel lebt</translation>
    </message>
    <message>
        <source>The field belongs to the map's own projection (InfoVAE)</source>
        <translation>Das Feld gehört zur eigenen Projektion der Karte (InfoVAE)</translation>
    </message>
</context>
<context>
    <name>app/check/health_bars</name>
    <message>
        <source>Dead and saturated units by layer</source>
        <translation>Tote und gesättigte Einheiten je Schicht</translation>
    </message>
</context>
<context>
    <name>app/check/panel</name>
    <message>
        <source>Run the network as it was opened before a normalization was taken</source>
        <translation>Das Netz so laufen lassen, wie es vor der Wahl einer Normierung geöffnet war</translation>
    </message>
    <message>
        <source>Share of each layer's units that were never above 0 (or never varied) on these pictures, and above it of those that stay at one end of a sigmoid, tanh or ReLU6.</source>
        <translation>Anteil der Einheiten jeder Schicht, die auf diesen Bildern nie über 0 lagen (oder sich nie änderten), darüber derer, die am Ende einer Sigmoid-, Tanh- oder ReLU6-Funktion bleiben.</translation>
    </message>
    <message>
        <source>Close the check</source>
        <translation>Prüfung schließen</translation>
    </message>
    <message>
        <source>A click runs the network with {numbers}; another click goes back.</source>
        <translation>Ein Klick lässt das Netz mit {numbers} laufen; noch ein Klick geht zurück.</translation>
    </message>
    <message>
        <source>The network runs with {numbers}.</source>
        <translation>Das Netz läuft mit {numbers}.</translation>
    </message>
    <message>
        <source>Puts the card away; View &gt; Check opens it</source>
        <translation>Legt den Bereich weg; Ansicht &gt; Prüfung öffnet ihn</translation>
    </message>
</context>
<context>
    <name>app/check/text</name>
    <message>
        <source>The check begins with the next picture.</source>
        <translation>Die Prüfung beginnt mit dem nächsten Bild.</translation>
    </message>
    <message>
        <source>fits best</source>
        <translation>passt am besten</translation>
    </message>
    <message>
        <source>Nothing odd so far, on {pictures}.</source>
        <translation>Bisher nichts Auffälliges, auf {pictures}.</translation>
    </message>
    <message>
        <source>Nothing odd on {pictures}; as good: {others}.</source>
        <translation>Nichts Auffälliges auf {pictures}; ebenso gut: {others}.</translation>
    </message>
    <message>
        <source>1 picture</source>
        <translation>1 Bild</translation>
    </message>
    <message>
        <source>{count} pictures</source>
        <translation>{count} Bildern</translation>
    </message>
    <message>
        <source>Input: {low} to {high}, mean {mean}, std {std}</source>
        <translation>Eingabe: {low} bis {high}, Mittel {mean}, Std. {std}</translation>
    </message>
    <message>
        <source>Right: {right:,} of {count:,} labeled pictures ({share})</source>
        <translation>Richtig: {right:,} von {count:,} Bildern mit Label ({share})</translation>
    </message>
    <message>
        <source>Prepared: {steps}</source>
        <translation>Vorbereitet: {steps}</translation>
    </message>
    <message>
        <source>Answers: as unsure as between {unsure:.3g} of {count:,} classes (entropy {entropy:.2f}, chance {chance:.2f})</source>
        <translation>Antworten: so unsicher wie zwischen {unsure:.3g} von {count:,} Klassen (Entropie {entropy:.2f}, Zufall {chance:.2f})</translation>
    </message>
    <message>
        <source>mean and std were assumed</source>
        <translation>Mittel und Std. sind angenommen</translation>
    </message>
    <message>
        <source>Dead on {pictures}: {dead:,} of {units:,} units</source>
        <translation>Tot auf {pictures}: {dead:,} von {units:,}</translation>
    </message>
    <message>
        <source>saturated: {count:,}</source>
        <translation>gesättigt: {count:,}</translation>
    </message>
    <message>
        <source>{layer}: {dead:,} of {units:,} units dead</source>
        <translation>{layer}: {dead:,} von {units:,} Einheiten tot</translation>
    </message>
    <message>
        <source>{count:,} saturated</source>
        <translation>{count:,} gesättigt</translation>
    </message>
    <message>
        <source>runs now</source>
        <translation>läuft jetzt</translation>
    </message>
    <message>
        <source>fits as well</source>
        <translation>passt ebenso</translation>
    </message>
</context>
<context>
    <name>app/check/trial_strip</name>
    <message>
        <source>Answers under the usual normalizations</source>
        <translation>Antworten unter den üblichen Normierungen</translation>
    </message>
</context>
<context>
    <name>app/examples/class_bar</name>
    <message>
        <source>Classes of the examples</source>
        <translation>Klassen der Beispiele</translation>
    </message>
</context>
<context>
    <name>app/examples/panel</name>
    <message>
        <source>Ordered by</source>
        <translation>Geordnet nach</translation>
    </message>
    <message>
        <source>Which end</source>
        <translation>Welches Ende</translation>
    </message>
    <message>
        <source>top</source>
        <translation>oben</translation>
    </message>
    <message>
        <source>bottom</source>
        <translation>unten</translation>
    </message>
    <message>
        <source>Shown as</source>
        <translation>Gezeigt als</translation>
    </message>
    <message>
        <source>Pictures from</source>
        <translation>Bilder aus</translation>
    </message>
    <message>
        <source>Minutes of the running source that are remembered</source>
        <translation>Minuten der laufenden Quelle, die im Gedächtnis bleiben</translation>
    </message>
    <message>
        <source>Look again: there may be more by now</source>
        <translation>Noch einmal nachsehen: inzwischen gibt es vielleicht mehr</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Nachsehen</translation>
    </message>
    <message>
        <source>Minutes of the running source that are remembered; 0: none</source>
        <translation>Minuten der laufenden Quelle, die im Gedächtnis bleiben; 0: keine</translation>
    </message>
    <message>
        <source>by max</source>
        <translation>nach Maximum</translation>
    </message>
    <message>
        <source>by mean</source>
        <translation>nach Mittel</translation>
    </message>
    <message>
        <source>library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <source>of the last</source>
        <translation>der letzten</translation>
    </message>
    <message>
        <source>Natural pictures that the unit fires on</source>
        <translation>Natürliche Bilder, auf die die Einheit feuert</translation>
    </message>
    <message>
        <source>Scan again</source>
        <translation>Neu scannen</translation>
    </message>
    <message>
        <source>Run the network, as it is now, over the same pictures</source>
        <translation>Das Netz, wie es jetzt ist, über dieselben Bilder laufen lassen</translation>
    </message>
    <message>
        <source>Scan a folder ...</source>
        <translation>Ordner scannen ...</translation>
    </message>
    <message>
        <source>Run the network over all pictures of a folder and keep, for each unit, those it fires on most</source>
        <translation>Das Netz über alle Bilder eines Ordners laufen lassen und für jede Einheit die behalten, auf die sie am meisten feuert</translation>
    </message>
    <message>
        <source>These pictures are {reason}.</source>
        <translation>Diese Bilder sind {reason}.</translation>
    </message>
    <message>
        <source>{name} (crop)</source>
        <translation>{name} (Ausschnitt)</translation>
    </message>
    <message>
        <source>Scan a folder of pictures</source>
        <translation>Einen Ordner mit Bildern scannen</translation>
    </message>
    <message>
        <source> of </source>
        <translation> von </translation>
    </message>
</context>
<context>
    <name>app/examples/preview</name>
    <message>
        <source>The whole picture</source>
        <translation>Das ganze Bild</translation>
    </message>
    <message>
        <source>What {unit} fires on</source>
        <translation>Worauf {unit} feuert</translation>
    </message>
    <message>
        <source>The whole picture, the crop, and the backward pictures</source>
        <translation>Das ganze Bild, der Ausschnitt und die Rückwärtsbilder</translation>
    </message>
    <message>
        <source>Make this picture the source</source>
        <translation>Dieses Bild zur Quelle machen</translation>
    </message>
    <message>
        <source>Look at this picture</source>
        <translation>Dieses Bild ansehen</translation>
    </message>
</context>
<context>
    <name>app/examples/text</name>
    <message>
        <source>Looking for pictures that {unit} fires on ...</source>
        <translation>Bilder werden gesucht, auf die {unit} feuert ...</translation>
    </message>
    <message>
        <source>Nothing is known of {unit} yet.</source>
        <translation>Über {unit} ist noch nichts bekannt.</translation>
    </message>
    <message>
        <source>class: {name}</source>
        <translation>Klasse: {name}</translation>
    </message>
</context>
<context>
    <name>app/graph/canvas</name>
    <message>
        <source>click to fold</source>
        <translation>ein Klick klappt ein</translation>
    </message>
</context>
<context>
    <name>app/graph/panel</name>
    <message>
        <source>Bars: share of a layer's values above zero in this frame. A line is one value, with its shape. Click a block to unfold it, its name to fold it again.</source>
        <translation>Balken: Anteil der Werte einer Schicht über null in diesem Bild. Eine Linie ist ein Wert mit seiner Form. Ein Klick auf einen Block klappt ihn aus, auf seinen Namen wieder ein.</translation>
    </message>
    <message>
        <source>No network runs.</source>
        <translation>Kein Netz läuft.</translation>
    </message>
    <message>
        <source>Running one picture to see what goes where ...</source>
        <translation>Ein Bild läuft durch, um zu sehen, was wohin geht ...</translation>
    </message>
    <message>
        <source>Graph of the network</source>
        <translation>Graph des Netzes</translation>
    </message>
    <message>
        <source>{nodes} nodes, {lines} lines</source>
        <translation>{nodes} Knoten, {lines} Linien</translation>
    </message>
    <message>
        <source>{count}, {crossings} crossings</source>
        <translation>{count}, {crossings} Kreuzungen</translation>
    </message>
</context>
<context>
    <name>app/graph/text</name>
    <message>
        <source>gives {shape}</source>
        <translation>ergibt {shape}</translation>
    </message>
    <message>
        <source>{count} layers inside; click to unfold</source>
        <translation>{count} Schichten darin; ein Klick klappt sie aus</translation>
    </message>
</context>
<context>
    <name>app/input/answer_drawing</name>
    <message>
        <source> and {more} more</source>
        <translation> und {more} weitere</translation>
    </message>
    <message>
        <source>Classes in the picture</source>
        <translation>Klassen im Bild</translation>
    </message>
</context>
<context>
    <name>app/input/board_offer</name>
    <message>
        <source>Show a board</source>
        <translation>Spielfeld zeigen</translation>
    </message>
    <message>
        <source>Opens a board of the Game of Life</source>
        <translation>Öffnet ein Spielfeld des Game of Life</translation>
    </message>
    <message>
        <source>{name} takes boards of cells; this picture is cut at half of its brightness.</source>
        <translation>{name} nimmt Spielfelder aus Zellen; dieses Bild wird bei halber Helligkeit geschnitten.</translation>
    </message>
</context>
<context>
    <name>app/input/board_tools</name>
    <message>
        <source>periodic</source>
        <translation>periodisch</translation>
    </message>
    <message>
        <source>The board is a torus: what leaves it comes in on the other side.
Otherwise its border is dead: outside of the board nothing lives.</source>
        <translation>Das Spielfeld ist ein Torus: Was es verlässt, kommt auf der anderen Seite herein.
Sonst ist sein Rand tot: Außerhalb lebt nichts.</translation>
    </message>
    <message>
        <source>Density</source>
        <translation>Dichte</translation>
    </message>
    <message>
        <source>left draws · right or Ctrl erases</source>
        <translation>links zeichnet · rechts oder Strg löscht</translation>
    </message>
    <message>
        <source>{name} learned a {border} border: what it imagines is of that</source>
        <translation>{name} lernte den Rand „{border}“: Danach richtet sich, was es sich vorstellt</translation>
    </message>
    <message>
        <source>{name} learned {life_rule}, not this: truth in Steps is {rule}</source>
        <translation>{name} lernte {life_rule}, nicht diese Regel: Die Wahrheit in Zeit ist {rule}</translation>
    </message>
    <message>
        <source>Draw</source>
        <translation>Zeichnen</translation>
    </message>
    <message>
        <source>Draw cells, or place a pattern</source>
        <translation>Zellen zeichnen, oder ein Muster setzen</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Zufall</translation>
    </message>
    <message>
        <source>A new board of that density</source>
        <translation>Ein neues Spielfeld dieser Dichte</translation>
    </message>
    <message>
        <source>Make all cells dead; one frame back (,) undoes it</source>
        <translation>Alle Zellen töten; ein Bild zurück (,) macht es rückgängig</translation>
    </message>
    <message>
        <source>Boards as files: opens RLE, .cells, .lif and .mc, saves RLE</source>
        <translation>Spielfelder als Dateien: öffnet RLE, .cells, .lif und .mc, speichert RLE</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Spalten</translation>
    </message>
    <message>
        <source>Share of living cells on a random board</source>
        <translation>Anteil lebender Zellen auf einem zufälligen Spielfeld</translation>
    </message>
    <message>
        <source>Generations per second; Space stops and goes on</source>
        <translation>Generationen je Sekunde; die Leertaste hält an und macht weiter</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>Setzen</translation>
    </message>
    <message>
        <source>left places · wheel turns · right ends</source>
        <translation>links setzt · Rad dreht · rechts beendet</translation>
    </message>
    <message>
        <source>{name} of the board; the cells stay around the middle</source>
        <translation>{name} des Spielfelds; die Zellen bleiben um die Mitte</translation>
    </message>
    <message>
        <source>Draw cells</source>
        <translation>Zellen zeichnen</translation>
    </message>
    <message>
        <source>Open board ...</source>
        <translation>Spielfeld öffnen ...</translation>
    </message>
    <message>
        <source>Save RLE ...</source>
        <translation>RLE speichern ...</translation>
    </message>
</context>
<context>
    <name>app/input/panel</name>
    <message>
        <source>Input as the network sees it</source>
        <translation>Eingabe, wie das Netz sie sieht</translation>
    </message>
</context>
<context>
    <name>app/input/rule_choice</name>
    <message>
        <source>Rule</source>
        <translation>Regel</translation>
    </message>
    <message>
        <source>The rule of the board: with how many living neighbors a cell is born (B) and survives (S).
Choose one, or write another, B36/S23 or 23/36, and press Enter.</source>
        <translation>Die Regel des Spielfelds: mit wie vielen lebenden Nachbarn eine Zelle entsteht (B) und überlebt (S).
Eine wählen, oder eine andere schreiben, B36/S23 oder 23/36, und Enter drücken.</translation>
    </message>
</context>
<context>
    <name>app/kernels/panel</name>
    <message>
        <source>Choose a layer to see its kernels.</source>
        <translation>Eine Schicht wählen, um ihre Kernel zu sehen.</translation>
    </message>
    <message>
        <source>Reading the weights ...</source>
        <translation>Gewichte werden gelesen ...</translation>
    </message>
    <message>
        <source>unit {number}</source>
        <translation>Einheit {number}</translation>
    </message>
    <message>
        <source>green</source>
        <translation>Grün</translation>
    </message>
    <message>
        <source>input {number}: weights {low} to {high}</source>
        <translation>Eingang {number}: Gewichte {low} bis {high}</translation>
    </message>
    <message>
        <source>input {name}</source>
        <translation>Eingang {name}</translation>
    </message>
    <message>
        <source>Click a place in Where it fires to see the sum behind its value.</source>
        <translation>Ein Klick auf eine Stelle in „Wo sie feuert“ zeigt die Summe hinter ihrem Wert.</translation>
    </message>
    <message>
        <source>Kernels of the units</source>
        <translation>Kernel der Einheiten</translation>
    </message>
    <message>
        <source>Kernel of the selected unit, input by input</source>
        <translation>Kernel der gewählten Einheit, Eingang für Eingang</translation>
    </message>
    <message>
        <source>The sum behind one value</source>
        <translation>Die Summe hinter einem Wert</translation>
    </message>
</context>
<context>
    <name>app/kernels/sum_view</name>
    <message>
        <source>{label} adds {total}</source>
        <translation>{label} trägt {total} bei</translation>
    </message>
</context>
<context>
    <name>app/kernels/text</name>
    <message>
        <source>{units} units</source>
        <translation>{units} Einheiten</translation>
    </message>
    <message>
        <source>{units} units of {inputs} inputs</source>
        <translation>{units} Einheiten mit {inputs} Eingängen</translation>
    </message>
    <message>
        <source>in colors, each scaled by its largest weight, gray = 0</source>
        <translation>in Farbe, jeder nach seinem größten Gewicht skaliert, grau = 0</translation>
    </message>
    <message>
        <source>each scaled by its largest weight: red +, blue -</source>
        <translation>jeder nach seinem größten Gewicht skaliert: rot +, blau -</translation>
    </message>
    <message>
        <source>each tile: its strongest input, red +, blue -</source>
        <translation>je Kachel der stärkste Eingang, rot +, blau -</translation>
    </message>
    <message>
        <source>Unit {number}: {count} inputs, strongest first</source>
        <translation>Einheit {number}: {count} Eingänge, der stärkste zuerst</translation>
    </message>
    <message>
        <source>, after {names}: {value}</source>
        <translation>, nach {names}: {value}</translation>
    </message>
    <message>
        <source>the other input</source>
        <translation>der andere Eingang</translation>
    </message>
    <message>
        <source>the other {count} inputs</source>
        <translation>die anderen {count} Eingänge</translation>
    </message>
    <message>
        <source>bias</source>
        <translation>Bias</translation>
    </message>
    <message>
        <source>hatched: outside of the map, padded with {padding}</source>
        <translation>schraffiert: außerhalb der Karte, aufgefüllt mit {padding}</translation>
    </message>
</context>
<context>
    <name>app/kernels/tile_grid</name>
    <message>
        <source>{count} tiles, marked: {marked}</source>
        <translation>{count} Kacheln, markiert: {marked}</translation>
    </message>
</context>
<context>
    <name>app/layers/contrast_bar</name>
    <message>
        <source>per-unit contrast</source>
        <translation>Kontrast je Einheit</translation>
    </message>
    <message>
        <source>Give every unit its own range (not comparable between units)</source>
        <translation>Jeder Einheit ihren eigenen Bereich geben (zwischen Einheiten nicht vergleichbar)</translation>
    </message>
    <message>
        <source>Color map</source>
        <translation>Farbskala</translation>
    </message>
    <message>
        <source>Fixed minimum</source>
        <translation>Festes Minimum</translation>
    </message>
    <message>
        <source>Fixed maximum</source>
        <translation>Festes Maximum</translation>
    </message>
    <message>
        <source>Sequential; red and blue about zero where the layer has negative values</source>
        <translation>Sequenziell; Rot und Blau um null, wo die Schicht negative Werte hat</translation>
    </message>
    <message>
        <source>All but the largest 0.5 % of this layer's values in this frame fill the range</source>
        <translation>Alle bis auf die größten 0,5 % der Werte dieser Schicht in diesem Bild füllen den Bereich</translation>
    </message>
    <message>
        <source>Brightness from this frame alone: not comparable between frames</source>
        <translation>Helligkeit aus diesem Bild allein: zwischen Bildern nicht vergleichbar</translation>
    </message>
    <message>
        <source>The range widens at once and shrinks slowly: comparable between frames</source>
        <translation>Der Bereich weitet sich sofort und schrumpft langsam: zwischen Bildern vergleichbar</translation>
    </message>
    <message>
        <source>The range stays at the two numbers beside</source>
        <translation>Der Bereich bleibt bei den zwei Zahlen daneben</translation>
    </message>
</context>
<context>
    <name>app/layers/layer_tree</name>
    <message>
        <source>Bars: share of a layer's values above zero in this frame</source>
        <translation>Balken: Anteil der Werte einer Schicht über null in diesem Bild</translation>
    </message>
    <message>
        <source>The weights of the layer on show, and the sum behind a place you click</source>
        <translation>Die Gewichte der gezeigten Schicht, und die Summe hinter einer angeklickten Stelle</translation>
    </message>
    <message>
        <source>The network as a graph; Esc goes back</source>
        <translation>Das Netz als Graph; Esc geht zurück</translation>
    </message>
    <message>
        <source>A part of a layer's name or kind: only those that have it stay</source>
        <translation>Ein Teil vom Namen oder von der Art einer Schicht: Nur solche bleiben stehen</translation>
    </message>
    <message>
        <source>filter layers</source>
        <translation>Schichten filtern</translation>
    </message>
    <message>
        <source> · {calls} calls</source>
        <translation> · {calls} Aufrufe</translation>
    </message>
    <message>
        <source>{percent:.0f} % of its values above 0, mean {mean}</source>
        <translation>{percent:.0f} % der Werte über 0, Mittel {mean}</translation>
    </message>
    <message>
        <source>Filter of the layers</source>
        <translation>Filter der Schichten</translation>
    </message>
</context>
<context>
    <name>app/layers/order_choice</name>
    <message>
        <source>Order of the units</source>
        <translation>Ordnung der Einheiten</translation>
    </message>
    <message>
        <source>As the network numbers its units</source>
        <translation>Wie das Netz seine Einheiten nummeriert</translation>
    </message>
    <message>
        <source>By the names of the classes, where the units are classes; else by number</source>
        <translation>Nach den Namen der Klassen, wo die Einheiten Klassen sind; sonst nach Nummer</translation>
    </message>
    <message>
        <source>The unit that the fewest of this run's frames excite (lifetime sparseness)</source>
        <translation>Die Einheit, die die wenigsten Bilder dieses Laufs erregen (Lifetime Sparseness)</translation>
    </message>
    <message>
        <source>The unit whose values differ most, over positions and the frames of this run</source>
        <translation>Die Einheit, deren Werte sich am meisten unterscheiden, über Stellen und die Bilder dieses Laufs</translation>
    </message>
    <message>
        <source>The unit with the largest value in this frame first; renewed twice a second</source>
        <translation>Die Einheit mit dem größten Wert in diesem Bild zuerst; zweimal je Sekunde erneuert</translation>
    </message>
    <message>
        <source>by name</source>
        <translation>nach Namen</translation>
    </message>
    <message>
        <source>by number</source>
        <translation>nach Nummer</translation>
    </message>
    <message>
        <source>by selectivity</source>
        <translation>nach Selektivität</translation>
    </message>
    <message>
        <source>by variance</source>
        <translation>nach Varianz</translation>
    </message>
    <message>
        <source>strongest first</source>
        <translation>stärkste zuerst</translation>
    </message>
</context>
<context>
    <name>app/layers/panel</name>
    <message>
        <source>Mosaic of all units of the layer</source>
        <translation>Mosaik aller Einheiten der Schicht</translation>
    </message>
    <message>
        <source>Units of {label}</source>
        <translation>Einheiten von {label}</translation>
    </message>
    <message>
        <source>backward: red positive, blue negative</source>
        <translation>rückwärts: rot positiv, blau negativ</translation>
    </message>
</context>
<context>
    <name>app/layers/query_choice</name>
    <message>
        <source>Query of the attention heads</source>
        <translation>Query der Attention-Köpfe</translation>
    </message>
    <message>
        <source>query</source>
        <translation>Query</translation>
    </message>
    <message>
        <source>class token</source>
        <translation>Klassen-Token</translation>
    </message>
    <message>
        <source>class token or mean</source>
        <translation>Klassen-Token oder Mittel</translation>
    </message>
    <message>
        <source>mean over queries</source>
        <translation>Mittel über Queries</translation>
    </message>
    <message>
        <source>rollout through the layers</source>
        <translation>Rollout durch die Schichten</translation>
    </message>
    <message>
        <source>selected position</source>
        <translation>gewählte Stelle</translation>
    </message>
    <message>
        <source>What the class token attends to where there is one, else the mean over all queries</source>
        <translation>Worauf das Klassen-Token achtet, wo es eines gibt, sonst das Mittel über alle Queries</translation>
    </message>
    <message>
        <source>What the class token attends to</source>
        <translation>Worauf das Klassen-Token achtet</translation>
    </message>
    <message>
        <source>How much each position is attended to, over all queries</source>
        <translation>Wie sehr auf jede Stelle geachtet wird, über alle Queries</translation>
    </message>
    <message>
        <source>What the selected position attends to; select one with Ctrl and a click</source>
        <translation>Worauf die gewählte Stelle achtet; eine mit Strg und Klick wählen</translation>
    </message>
    <message>
        <source>The head's attention followed through all layers before it (Abnar &amp; Zuidema 2020)</source>
        <translation>Die Attention des Kopfs, verfolgt durch alle Schichten davor (Abnar &amp; Zuidema 2020)</translation>
    </message>
</context>
<context>
    <name>app/layers/render_offer</name>
    <message>
        <source>Render this layer (1 unit)</source>
        <translation>Diese Schicht rendern (1 Einheit)</translation>
    </message>
    <message>
        <source>Render this layer ({count:,} units)</source>
        <translation>Diese Schicht rendern ({count:,} Einheiten)</translation>
    </message>
    <message>
        <source>Rendering this layer: {count} ...</source>
        <translation>Diese Schicht wird gerendert: {count} ...</translation>
    </message>
    <message>
        <source>about {time}</source>
        <translation>etwa {time}</translation>
    </message>
    <message>
        <source>Grow a picture of every unit of this layer, beside the window</source>
        <translation>Ein Bild jeder Einheit dieser Schicht wachsen lassen, neben dem Fenster</translation>
    </message>
</context>
<context>
    <name>app/lens/panel</name>
    <message>
        <source>Lens</source>
        <translation>Methode</translation>
    </message>
    <message>
        <source>Backward pass starts from</source>
        <translation>Rückwärtslauf beginnt mit</translation>
    </message>
    <message>
        <source>Shown at</source>
        <translation>Gezeigt bei</translation>
    </message>
    <message>
        <source>input</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>Working on the first picture of {unit} ...</source>
        <translation>Das erste Bild von {unit} entsteht ...</translation>
    </message>
    <message>
        <source>{title} of {unit}</source>
        <translation>{title} von {unit}</translation>
    </message>
    <message>
        <source>activation</source>
        <translation>Aktivierung</translation>
    </message>
    <message>
        <source>one</source>
        <translation>eins</translation>
    </message>
    <message>
        <source>Invert this frame</source>
        <translation>Dieses Bild invertieren</translation>
    </message>
    <message>
        <source>Begin again with the present frame (r)</source>
        <translation>Mit dem jetzigen Bild neu beginnen (r)</translation>
    </message>
    <message>
        <source>Picture of the lens</source>
        <translation>Bild der Methode</translation>
    </message>
    <message>
        <source>at {label}</source>
        <translation>bei {label}</translation>
    </message>
</context>
<context>
    <name>app/lens/rendering</name>
    <message>
        <source>The gradient is exactly zero here: nothing in this frame moves {unit}. It may not fire on this picture; try another picture or another unit.</source>
        <translation>Der Gradient ist hier genau null: Nichts in diesem Bild bewegt {unit}. Vielleicht feuert sie auf diesem Bild nicht; ein anderes Bild oder eine andere Einheit versuchen.</translation>
    </message>
    <message>
        <source>the unit</source>
        <translation>die Einheit</translation>
    </message>
    <message>
        <source>Not one value of this picture is a finite number.</source>
        <translation>Kein Wert dieses Bildes ist eine endliche Zahl.</translation>
    </message>
    <message>
        <source>clipped at ±{limit} (99.5 %)</source>
        <translation>gekappt bei ±{limit} (99,5 %)</translation>
    </message>
    <message>
        <source>cut to {percent:.0f} % of the picture</source>
        <translation>auf {percent:.0f} % des Bildes geschnitten</translation>
    </message>
    <message>
        <source>length over colours, black = 0</source>
        <translation>Länge über Farben, schwarz = 0</translation>
    </message>
    <message>
        <source>length over colours, blurred</source>
        <translation>Länge über Farben, geglättet</translation>
    </message>
    <message>
        <source>mean over colours, {range}</source>
        <translation>Mittel über Farben, {range}</translation>
    </message>
    <message>
        <source>mid-grey = 0</source>
        <translation>mittleres Grau = 0</translation>
    </message>
    <message>
        <source>mid-grey = 0, range ±{limit}</source>
        <translation>mittleres Grau = 0, Bereich ±{limit}</translation>
    </message>
    <message>
        <source>sum of positive parts, black = 0</source>
        <translation>Summe der positiven Teile, schwarz = 0</translation>
    </message>
    <message>
        <source>values, red = the bin of zero</source>
        <translation>Werte, rot = die Klasse der Null</translation>
    </message>
    <message>
        <source>weak values raised (γ {gamma:.2g})</source>
        <translation>schwache Werte gehoben (γ {gamma:.2g})</translation>
    </message>
    <message>
        <source>The same picture as {names}: these lenses differ only in how they go back through rectifiers, and none lies before this layer</source>
        <translation>Dasselbe Bild wie {names}: Diese Methoden unterscheiden sich nur darin, wie sie durch Rectifier zurückgehen, und vor dieser Schicht liegt keiner</translation>
    </message>
</context>
<context>
    <name>app/lens/value_histogram</name>
    <message>
        <source>√ count</source>
        <translation>√ Anzahl</translation>
    </message>
    <message>
        <source>Histogram of the values</source>
        <translation>Histogramm der Werte</translation>
    </message>
</context>
<context>
    <name>app/main</name>
    <message>
        <source>The window's state is not saved: {error}</source>
        <translation>Der Zustand des Fensters ist nicht gespeichert: {error}</translation>
    </message>
</context>
<context>
    <name>app/opening/dialog</name>
    <message>
        <source>Fill in </source>
        <translation>Ausfüllen </translation>
    </message>
    <message>
        <source>Fill in a network that was opened or typed lately</source>
        <translation>Mit einem Netz ausfüllen, das kürzlich geöffnet oder eingegeben wurde</translation>
    </message>
    <message>
        <source>A bundled or torchvision name, file.py:factory, package.module:factory, a checkpoint or an ONNX file. Your own Python file runs only after you agreed.</source>
        <translation>Ein mitgeliefertes Netz oder eines von torchvision, datei.py:funktion, paket.modul:funktion, ein Checkpoint oder eine ONNX-Datei. Eigene Python-Dateien laufen erst nach Zustimmung.</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>Checkpoint</translation>
    </message>
    <message>
        <source>Which of the weights in the file</source>
        <translation>Welche der Gewichte in der Datei</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Open it so</source>
        <translation>So öffnen</translation>
    </message>
    <message>
        <source>Part of it</source>
        <translation>Teil davon</translation>
    </message>
    <message>
        <source>the {count} names that are known</source>
        <translation>die {count} Namen, die bekannt sind</translation>
    </message>
    <message>
        <source>Input size</source>
        <translation>Eingabegröße</translation>
    </message>
    <message>
        <source>224 or 480x640; empty: as the network says</source>
        <translation>224 oder 480x640; leer: wie das Netz sagt</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>1, 3, 4 ...; empty: as the network says</source>
        <translation>1, 3, 4 ...; leer: wie das Netz sagt</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>0.485, 0.456, 0.406 for pixels in [0, 1]</source>
        <translation>0.485, 0.456, 0.406 für Pixel in [0, 1]</translation>
    </message>
    <message>
        <source>Std</source>
        <translation>Std.</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>Labels</translation>
    </message>
    <message>
        <source>a text file with one class a line</source>
        <translation>eine Textdatei mit einer Klasse je Zeile</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>Ausgabe</translation>
    </message>
    <message>
        <source>aux, 0.boxes ...; empty: the likeliest of its results</source>
        <translation>aux, 0.boxes ...; leer: das wahrscheinlichste seiner Ergebnisse</translation>
    </message>
    <message>
        <source>Further inputs</source>
        <translation>Weitere Eingaben</translation>
    </message>
    <message>
        <source>t=0.5, mask=none ...; empty: as a first pass tells</source>
        <translation>t=0.5, mask=none ...; leer: wie ein erster Durchlauf zeigt</translation>
    </message>
    <message>
        <source>Type the name of a network, or choose a file, first.</source>
        <translation>Zuerst den Namen eines Netzes eingeben, oder eine Datei wählen.</translation>
    </message>
</context>
<context>
    <name>app/opening/differences</name>
    <message>
        <source>Weights that do not fit</source>
        <translation>Gewichte, die nicht passen</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>Gewicht</translation>
    </message>
    <message>
        <source>in the file</source>
        <translation>in der Datei</translation>
    </message>
    <message>
        <source>in the network</source>
        <translation>im Netz</translation>
    </message>
    <message>
        <source>and {count:,} more</source>
        <translation>und {count:,} weitere</translation>
    </message>
</context>
<context>
    <name>app/opening/menus</name>
    <message>
        <source>Nothing was opened yet</source>
        <translation>Noch nichts wurde geöffnet</translation>
    </message>
    <message>
        <source>{title} (missing)</source>
        <translation>{title} (fehlt)</translation>
    </message>
    <message>
        <source>Open network or checkpoint ...</source>
        <translation>Netz oder Checkpoint öffnen ...</translation>
    </message>
    <message>
        <source>Cancel the pass under way</source>
        <translation>Laufende Berechnung abbrechen</translation>
    </message>
    <message>
        <source>Reading torchvision's list; open this menu again</source>
        <translation>Liste von torchvision wird gelesen; dieses Menü noch einmal öffnen</translation>
    </message>
    <message>
        <source>Open {name} with its published weights?</source>
        <translation>{name} mit den veröffentlichten Gewichten öffnen?</translation>
    </message>
    <message>
        <source>Pretrained weights</source>
        <translation>Vortrainierte Gewichte</translation>
    </message>
    <message>
        <source>torchvision, pretrained (downloads)</source>
        <translation>torchvision, vortrainiert (wird heruntergeladen)</translation>
    </message>
    <message>
        <source>torchvision, random weights</source>
        <translation>torchvision, zufällige Gewichte</translation>
    </message>
</context>
<context>
    <name>app/opening/preview</name>
    <message>
        <source>The picture</source>
        <translation>Das Bild</translation>
    </message>
    <message>
        <source>As the network gets it</source>
        <translation>Wie das Netz es bekommt</translation>
    </message>
    <message>
        <source>The picture of the source</source>
        <translation>Das Bild der Quelle</translation>
    </message>
    <message>
        <source>The picture as the network gets it</source>
        <translation>Das Bild, wie das Netz es bekommt</translation>
    </message>
    <message>
        <source>The picture appears here as soon as the source shows one.</source>
        <translation>Das Bild erscheint hier, sobald die Quelle eines zeigt.</translation>
    </message>
</context>
<context>
    <name>app/opening/text</name>
    <message>
        <source>once</source>
        <translation>einmal</translation>
    </message>
    <message>
        <source>The weights in {file} do not fit {network}: {counts}.</source>
        <translation>Die Gewichte in {file} passen nicht zu {network}: {counts}.</translation>
    </message>
    <message>
        <source>the network</source>
        <translation>dem Netz</translation>
    </message>
    <message>
        <source>{name}: {tensors:,} weights, {values:,} values</source>
        <translation>{name}: {tensors:,} Gewichte, {values:,} Werte</translation>
    </message>
    <message>
        <source>its top</source>
        <translation>oberste Ebene</translation>
    </message>
    <message>
        <source>{width} x {height} pixels; the values that go in:</source>
        <translation>{width} x {height} Pixel; die Werte, die hineingehen:</translation>
    </message>
    <message>
        <source>{name}: {low_text} to {high_text}, mean {middle}</source>
        <translation>{name}: {low_text} bis {high_text}, Mittel {middle}</translation>
    </message>
    <message>
        <source>mirrored</source>
        <translation>gespiegelt</translation>
    </message>
    <message>
        <source>at most {cap:g}/s</source>
        <translation>höchstens {cap:g}/s</translation>
    </message>
</context>
<context>
    <name>app/predictions/accuracy</name>
    <message>
        <source>{right:,} of {count:,} right so far ({percent:.0f} %)</source>
        <translation>bisher {right:,} von {count:,} richtig ({percent:.0f} %)</translation>
    </message>
</context>
<context>
    <name>app/predictions/meaning_choice</name>
    <message>
        <source>What the output is taken for</source>
        <translation>Wofür die Ausgabe gehalten wird</translation>
    </message>
    <message>
        <source>output</source>
        <translation>Ausgabe</translation>
    </message>
    <message>
        <source>as decided at opening</source>
        <translation>wie beim Öffnen entschieden</translation>
    </message>
    <message>
        <source>auto: {meaning}</source>
        <translation>auto: {meaning}</translation>
    </message>
</context>
<context>
    <name>app/predictions/panel</name>
    <message>
        <source>No output yet: the predictions appear with the first frame.</source>
        <translation>Noch keine Ausgabe: Die Vorhersagen erscheinen mit dem ersten Bild.</translation>
    </message>
    <message>
        <source>A part of a class's name: those that have it are listed, best first</source>
        <translation>Ein Teil vom Namen einer Klasse: Passende werden aufgezählt, die beste zuerst</translation>
    </message>
    <message>
        <source>find a class</source>
        <translation>Klasse suchen</translation>
    </message>
    <message>
        <source>  ✓ true label</source>
        <translation>  ✓ wahres Label</translation>
    </message>
    <message>
        <source>Find a class by its name</source>
        <translation>Eine Klasse nach ihrem Namen suchen</translation>
    </message>
    <message>
        <source>What each unit of the layer before the classes adds to the class's logit in this frame: activation x gradient, summed over its map (channel attribution). A click selects the unit.</source>
        <translation>Was jede Einheit der Schicht vor den Klassen in diesem Bild zum Logit der Klasse beiträgt: Aktivierung x Gradient, über ihre Karte summiert (Attribution der Kanäle). Ein Klick wählt die Einheit.</translation>
    </message>
    <message>
        <source>true: {true_label}</source>
        <translation>wahr: {true_label}</translation>
    </message>
    <message>
        <source>Point at a class: the units that speak for it in this frame stand here.</source>
        <translation>Auf eine Klasse zeigen: Die Einheiten, die in diesem Bild für sie sprechen, stehen hier.</translation>
    </message>
    <message>
        <source>Predicted classes</source>
        <translation>Vorhergesagte Klassen</translation>
    </message>
</context>
<context>
    <name>app/predictions/text</name>
    <message>
        <source>The answer is a picture, {shape}, not classes: see the layer output.</source>
        <translation>Die Antwort ist ein Bild, {shape}, keine Klassen: siehe die Schicht output.</translation>
    </message>
    <message>
        <source>The answer is taken for an embedding of {shape} numbers{reason}; it names no classes.</source>
        <translation>Die Antwort gilt als Embedding aus {shape} Zahlen{reason}; es nennt keine Klassen.</translation>
    </message>
    <message>
        <source>The answer is {numbers}{why}.</source>
        <translation>Die Antwort ist {numbers}{why}.</translation>
    </message>
    <message>
        <source>The answer is taken for {meaning}, {shape}{reason}: see the layer output.</source>
        <translation>Die Antwort gilt als {meaning}, {shape}{reason}: siehe die Schicht output.</translation>
    </message>
    <message>
        <source> because {reason}</source>
        <translation> (denn {reason})</translation>
    </message>
    <message>
        <source>logits</source>
        <translation>Logits</translation>
    </message>
    <message>
        <source>probabilities</source>
        <translation>Wahrscheinlichkeiten</translation>
    </message>
    <message>
        <source>sigmoids</source>
        <translation>Sigmoide</translation>
    </message>
    <message>
        <source>an embedding</source>
        <translation>ein Embedding</translation>
    </message>
    <message>
        <source>a map</source>
        <translation>eine Karte</translation>
    </message>
    <message>
        <source>a map of classes</source>
        <translation>eine Karte aus Klassen</translation>
    </message>
    <message>
        <source>boxes</source>
        <translation>Rahmen</translation>
    </message>
    <message>
        <source>values</source>
        <translation>Werte</translation>
    </message>
    <message>
        <source>, taken for plain values{reason}</source>
        <translation>, gilt als bloße Werte{reason}</translation>
    </message>
    <message>
        <source>The answer is {count} boxes; {drawn} with a score of {min_score:g} or more are drawn over the input{best}.</source>
        <translation>Die Antwort sind {count} Rahmen; {drawn} mit einem Wert von mindestens {min_score:g} sind über die Eingabe gezeichnet{best}.</translation>
    </message>
    <message>
        <source>The answer is boxes, but this frame's cannot be read: see the layer output.</source>
        <translation>Die Antwort sind Rahmen, aber die dieses Bildes sind nicht lesbar: siehe die Schicht output.</translation>
    </message>
    <message>
        <source>; the greatest is {score:.2f}, {name}</source>
        <translation>; der größte ist {score:.2f}, {name}</translation>
    </message>
    <message>
        <source>&lt;b&gt;{name}&lt;/b&gt;, because of {layer}: {parts}</source>
        <translation>&lt;b&gt;{name}&lt;/b&gt;, wegen {layer}: {parts}</translation>
    </message>
    <message>
        <source>No unit of {layer} speaks for {name} in this frame.</source>
        <translation>Keine Einheit von {layer} spricht in diesem Bild für {name}.</translation>
    </message>
</context>
<context>
    <name>app/problems/failure_log</name>
    <message>
        <source>  ({count} times)</source>
        <translation>  ({count}-mal)</translation>
    </message>
    <message>
        <source>  (failed {count} times in a row)</source>
        <translation>  ({count}-mal hintereinander fehlgeschlagen)</translation>
    </message>
</context>
<context>
    <name>app/problems/panel</name>
    <message>
        <source>Nothing has gone wrong so far. Failures would be listed here, with details to copy.</source>
        <translation>Bisher ging nichts schief. Fehler würden hier stehen, mit Einzelheiten zum Kopieren.</translation>
    </message>
    <message>
        <source>All that is known of the problems, for a report</source>
        <translation>Alles, was über die Probleme bekannt ist, für einen Bericht</translation>
    </message>
    <message>
        <source>Empties the list; what goes wrong later is listed again</source>
        <translation>Leert die Liste; was später schiefgeht, steht wieder darin</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>Details kopieren</translation>
    </message>
</context>
<context>
    <name>app/runtime/backend</name>
    <message>
        <source>'{name}' cannot be run from here.</source>
        <translation>„{name}“ kann von hier aus nicht laufen.</translation>
    </message>
    <message>
        <source>Nothing is fetched from the web here; save the picture first, and drop it.</source>
        <translation>Aus dem Netz wird hier nichts geholt; das Bild zuerst speichern und hierher ziehen.</translation>
    </message>
    <message>
        <source>What the network gets is not known here.</source>
        <translation>Was das Netz bekommt, ist hier nicht bekannt.</translation>
    </message>
    <message>
        <source>{file} is not looked into here.</source>
        <translation>In {file} wird hier nicht hineingesehen.</translation>
    </message>
    <message>
        <source>{name} has no {lost}, which the state names; what it has is shown.</source>
        <translation>{name} hat kein {lost}, das im Zustand steht; was es hat, wird gezeigt.</translation>
    </message>
    <message>
        <source> and no </source>
        <translation> und kein </translation>
    </message>
</context>
<context>
    <name>app/runtime/jobs</name>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} von {total}</translation>
    </message>
</context>
<context>
    <name>app/runtime/open_files</name>
    <message>
        <source>open {name} on a board</source>
        <translation>{name} auf einem Spielfeld öffnen</translation>
    </message>
    <message>
        <source>Open a network</source>
        <translation>Ein Netz öffnen</translation>
    </message>
    <message>
        <source>{count} things came at once; the first is opened. For all of them open their folder.</source>
        <translation>{count} Dinge kamen auf einmal; das erste wird geöffnet. Für alle ihren Ordner öffnen.</translation>
    </message>
    <message>
        <source>There is no picture on the clipboard, no name of a file and no address; copy one first.</source>
        <translation>In der Zwischenablage ist kein Bild, kein Dateiname und keine Adresse; zuerst etwas kopieren.</translation>
    </message>
    <message>
        <source>the pasted picture</source>
        <translation>das eingefügte Bild</translation>
    </message>
    <message>
        <source>What was dropped is neither a file nor an address that can be opened: save the picture or film first, and drop the file.</source>
        <translation>Was hierher gezogen wurde, ist weder eine Datei noch eine Adresse, die sich öffnen lässt: das Bild oder den Film zuerst speichern, dann die Datei hierher ziehen.</translation>
    </message>
    <message>
        <source>Address of the camera's stream (rtsp://..., http://.../video.mjpg):</source>
        <translation>Adresse des Kamera-Streams (rtsp://..., http://.../video.mjpg):</translation>
    </message>
    <message>
        <source>Camera at an address</source>
        <translation>Kamera an einer Adresse</translation>
    </message>
    <message>
        <source>Password for {address} (it is not saved):</source>
        <translation>Passwort für {address} (es wird nicht gespeichert):</translation>
    </message>
    <message>
        <source>An empty name stands for no file.</source>
        <translation>Ein leerer Name steht für keine Datei.</translation>
    </message>
    <message>
        <source>Open picture or film</source>
        <translation>Bild oder Film öffnen</translation>
    </message>
    <message>
        <source>Pictures, films and boards (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.mp4 *.avi *.mov *.mkv *.webm *.m4v *.rle *.cells *.lif *.life *.mc);;All files (*)</source>
        <translation>Bilder, Filme und Spielfelder (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.mp4 *.avi *.mov *.mkv *.webm *.m4v *.rle *.cells *.lif *.life *.mc);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open a board</source>
        <translation>Ein Spielfeld öffnen</translation>
    </message>
    <message>
        <source>Boards (*.rle *.cells *.lif *.life *.mc *.gz);;All files (*)</source>
        <translation>Spielfelder (*.rle *.cells *.lif *.life *.mc *.gz);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open a folder of pictures</source>
        <translation>Einen Ordner mit Bildern öffnen</translation>
    </message>
    <message>
        <source>Open a checkpoint</source>
        <translation>Einen Checkpoint öffnen</translation>
    </message>
    <message>
        <source>Checkpoints (*.pt *.pth *.safetensors *.ckpt *.bin *.npz *.h5 *.hdf5 *.keras *.onnx *.pt2 *.pth.tar *.index.json);;Python files (*.py);;All files (*)</source>
        <translation>Checkpoints (*.pt *.pth *.safetensors *.ckpt *.bin *.npz *.h5 *.hdf5 *.keras *.onnx *.pt2 *.pth.tar *.index.json);;Python-Dateien (*.py);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open a folder of weights</source>
        <translation>Einen Ordner mit Gewichten öffnen</translation>
    </message>
    <message>
        <source>Class names</source>
        <translation>Namen der Klassen</translation>
    </message>
    <message>
        <source>Text (*.txt);;All files (*)</source>
        <translation>Text (*.txt);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Which function of {name} makes the network?</source>
        <translation>Welche Funktion von {name} baut das Netz?</translation>
    </message>
</context>
<context>
    <name>app/runtime/screen_grabber</name>
    <message>
        <source>Wayland does not let programs read the screen: log in to an X11 session for that, or save a screenshot or a recording, and open it.</source>
        <translation>Wayland lässt Programme den Bildschirm nicht lesen: dafür in einer X11-Sitzung anmelden, oder einen Screenshot oder eine Aufnahme speichern und öffnen.</translation>
    </message>
    <message>
        <source>That region lies on no screen; choose another (Source &gt; Screen region).</source>
        <translation>Dieser Ausschnitt liegt auf keinem Bildschirm; einen anderen wählen (Quelle &gt; Teil des Bildschirms).</translation>
    </message>
    <message>
        <source>This system did not give out the screen: allow it in its privacy settings, or save a screenshot and open it.</source>
        <translation>Das System gab den Bildschirm nicht her: es in seinen Einstellungen zum Datenschutz erlauben, oder einen Screenshot speichern und öffnen.</translation>
    </message>
    <message>
        <source>The window was too busy to read the screen; open it again.</source>
        <translation>Das Fenster war zu beschäftigt, um den Bildschirm zu lesen; ihn noch einmal öffnen.</translation>
    </message>
    <message>
        <source>The screen could not be read; open another source.</source>
        <translation>Der Bildschirm konnte nicht gelesen werden; eine andere Quelle öffnen.</translation>
    </message>
</context>
<context>
    <name>app/runtime/source_finder</name>
    <message>
        <source>Opening {about} ... another source can be chosen meanwhile.</source>
        <translation>{about} wird geöffnet ... inzwischen kann eine andere Quelle gewählt werden.</translation>
    </message>
</context>
<context>
    <name>app/runtime/state_files</name>
    <message>
        <source>Open a state</source>
        <translation>Einen Zustand öffnen</translation>
    </message>
    <message>
        <source>{filter};;All files (*)</source>
        <translation>{filter};;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>State of the window (*{suffix})</source>
        <translation>Zustand des Fensters (*{suffix})</translation>
    </message>
</context>
<context>
    <name>app/saving/state_dialog</name>
    <message>
        <source>Save state</source>
        <translation>Zustand speichern</translation>
    </message>
</context>
<context>
    <name>app/saving/toast</name>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Show the file in its folder</source>
        <translation>Die Datei in ihrem Ordner zeigen</translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>Pfad kopieren</translation>
    </message>
    <message>
        <source>Copy the file's path</source>
        <translation>Den Pfad der Datei kopieren</translation>
    </message>
    <message>
        <source>What was saved</source>
        <translation>Was gespeichert wurde</translation>
    </message>
</context>
<context>
    <name>app/shell/actions</name>
    <message>
        <source>reset</source>
        <translation>zurücksetzen</translation>
    </message>
</context>
<context>
    <name>app/shell/enlarged_page</name>
    <message>
        <source>Show all panels again (z)</source>
        <translation>Alle Bereiche wieder zeigen (z)</translation>
    </message>
    <message>
        <source>Enlarged in the window; z brings it back.</source>
        <translation>Im Fenster vergrößert; z bringt es zurück.</translation>
    </message>
</context>
<context>
    <name>app/shell/go_to</name>
    <message>
        <source>↑ ↓ choose · Enter goes · Esc closes</source>
        <translation>↑ ↓ wählen · Enter geht hin · Esc schließt</translation>
    </message>
    <message>
        <source>Some letters of a name, or a number; Enter goes to the first match</source>
        <translation>Einige Buchstaben eines Namens, oder eine Zahl; Enter geht zum ersten Treffer</translation>
    </message>
    <message>
        <source>Nothing here is called so.</source>
        <translation>Nichts hier heißt so.</translation>
    </message>
    <message>
        <source>Go to</source>
        <translation>Gehe zu</translation>
    </message>
    <message>
        <source>What to go to</source>
        <translation>Wohin es gehen soll</translation>
    </message>
    <message>
        <source>What it may mean</source>
        <translation>Was es bedeuten kann</translation>
    </message>
</context>
<context>
    <name>app/shell/guide_browser</name>
    <message>
        <source>Page of the guide</source>
        <translation>Seite des Handbuchs</translation>
    </message>
</context>
<context>
    <name>app/shell/help_overlay</name>
    <message>
        <source>List of keys</source>
        <translation>Liste der Tasten</translation>
    </message>
</context>
<context>
    <name>app/shell/help_window</name>
    <message>
        <source>The page before (Alt+Left)</source>
        <translation>Die Seite davor (Alt+Links)</translation>
    </message>
    <message>
        <source>Forward</source>
        <translation>Vor</translation>
    </message>
    <message>
        <source>The page after (Alt+Right)</source>
        <translation>Die Seite danach (Alt+Rechts)</translation>
    </message>
    <message>
        <source>Guide - dnnvis</source>
        <translation>Handbuch - dnnvis</translation>
    </message>
    <message>
        <source>Pages of the guide</source>
        <translation>Seiten des Handbuchs</translation>
    </message>
    <message>
        <source>{page} is no page of the guide; it lies in the repository.</source>
        <translation>{page} ist keine Seite des Handbuchs; sie liegt im Repository.</translation>
    </message>
</context>
<context>
    <name>app/shell/menus</name>
    <message>
        <source>Theme</source>
        <translation>Farbschema</translation>
    </message>
    <message>
        <source>Fused passes</source>
        <translation>Durchläufe zusammenfassen</translation>
    </message>
    <message>
        <source>run what nobody looks at with less work, to 1e-5 of the exact values</source>
        <translation>rechnen, was niemand ansieht, mit weniger Aufwand, auf 1e-5 der exakten Werte genau</translation>
    </message>
    <message>
        <source>System</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>The window has this language from its next start on.</source>
        <translation>Das Fenster hat diese Sprache ab seinem nächsten Start.</translation>
    </message>
    <message>
        <source>nothing yet</source>
        <translation>noch nichts</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Looking for cameras; open this menu again</source>
        <translation>Kameras werden gesucht; dieses Menü noch einmal öffnen</translation>
    </message>
    <message>
        <source>Demo photographs</source>
        <translation>Fotos zur Vorführung</translation>
    </message>
    <message>
        <source>Game of Life board</source>
        <translation>Spielfeld des Game of Life</translation>
    </message>
    <message>
        <source>Webcam</source>
        <translation>Webcam</translation>
    </message>
    <message>
        <source>Camera at an address ...</source>
        <translation>Kamera an einer Adresse ...</translation>
    </message>
    <message>
        <source>Screen region ...</source>
        <translation>Teil des Bildschirms ...</translation>
    </message>
    <message>
        <source>Mirror the camera</source>
        <translation>Kamera spiegeln</translation>
    </message>
    <message>
        <source>Films and folders begin again at their end</source>
        <translation>Filme und Ordner beginnen am Ende von vorn</translation>
    </message>
    <message>
        <source>At most</source>
        <translation>Höchstens</translation>
    </message>
    <message>
        <source>{count} frames/s</source>
        <translation>{count} Bilder/s</translation>
    </message>
    <message>
        <source>Pictures of a folder follow each other</source>
        <translation>Bilder eines Ordners folgen aufeinander</translation>
    </message>
    <message>
        <source>Camera resolution</source>
        <translation>Auflösung der Kamera</translation>
    </message>
    <message>
        <source>every {seconds:g} s</source>
        <translation>alle {seconds:g} s</translation>
    </message>
    <message>
        <source>by hand (w, e)</source>
        <translation>von Hand (w, e)</translation>
    </message>
    <message>
        <source>No camera was found</source>
        <translation>Keine Kamera gefunden</translation>
    </message>
    <message>
        <source>what the window shows, its words, its commands and methods</source>
        <translation>was das Fenster zeigt, seine Begriffe, Befehle und Methoden</translation>
    </message>
    <message>
        <source>Panels</source>
        <translation>Bereiche</translation>
    </message>
    <message>
        <source>Put the panels back</source>
        <translation>Bereiche zurückstellen</translation>
    </message>
</context>
<context>
    <name>app/shell/modes/card</name>
    <message>
        <source>Enlarge (z, or a double click); Esc goes back</source>
        <translation>Vergrößern (z, oder ein Doppelklick); Esc geht zurück</translation>
    </message>
    <message>
        <source>Everything that {title} can do</source>
        <translation>Alles, was „{title}“ kann</translation>
    </message>
    <message>
        <source>More of {title}</source>
        <translation>Mehr von „{title}“</translation>
    </message>
    <message>
        <source>Enlarge {title}</source>
        <translation>„{title}“ vergrößern</translation>
    </message>
</context>
<context>
    <name>app/shell/modes/cards</name>
    <message>
        <source>Check the network</source>
        <translation>Netz prüfen</translation>
    </message>
    <message>
        <source>Does the network get what it was trained for?</source>
        <translation>Bekommt das Netz, wofür es trainiert wurde?</translation>
    </message>
</context>
<context>
    <name>app/shell/panel_export</name>
    <message>
        <source>Picture with recipe (*.png);;Numbers (*.npy)</source>
        <translation>Bild mit Rezept (*.png);;Zahlen (*.npy)</translation>
    </message>
    <message>
        <source>the panel</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <source>This panel has no numbers to save now.</source>
        <translation>Dieser Bereich hat jetzt keine Zahlen zum Speichern.</translation>
    </message>
    <message>
        <source>Save panel (PNG with recipe, or .npy) ...</source>
        <translation>Bereich speichern (PNG mit Rezept, oder .npy) ...</translation>
    </message>
</context>
<context>
    <name>app/shell/region_chooser</name>
    <message>
        <source>Drag over the region to look at; click for the whole screen, Esc to leave.</source>
        <translation>Über den Ausschnitt ziehen, der angesehen werden soll; ein Klick nimmt den ganzen Bildschirm, Esc bricht ab.</translation>
    </message>
</context>
<context>
    <name>app/shell/save_menu</name>
    <message>
        <source>Open state …</source>
        <translation>Zustand öffnen …</translation>
    </message>
    <message>
        <source>Save state as …</source>
        <translation>Zustand speichern unter …</translation>
    </message>
    <message>
        <source>Save picture of the window …</source>
        <translation>Bild des Fensters speichern …</translation>
    </message>
    <message>
        <source>Save the unit's page …</source>
        <translation>Seite der Einheit speichern …</translation>
    </message>
    <message>
        <source>Saved pictures have caption and scale</source>
        <translation>Gespeicherte Bilder mit Beschriftung und Skala</translation>
    </message>
    <message>
        <source>Open the folder of what was saved last</source>
        <translation>Ordner des zuletzt Gespeicherten öffnen</translation>
    </message>
    <message>
        <source>Copy the path of what was saved last</source>
        <translation>Pfad des zuletzt Gespeicherten kopieren</translation>
    </message>
</context>
<context>
    <name>app/shell/source_bar</name>
    <message>
        <source>{name} {number} of {count}</source>
        <translation>{name} {number} von {count}</translation>
    </message>
    <message>
        <source>{count:,} picked pictures of {name}</source>
        <translation>{count:,} gewählte Bilder aus {name}</translation>
    </message>
    <message>
        <source>camera {number}</source>
        <translation>Kamera {number}</translation>
    </message>
    <message>
        <source>Game of Life</source>
        <translation>Game of Life</translation>
    </message>
    <message>
        <source>1 picked picture of {name}</source>
        <translation>1 gewähltes Bild aus {name}</translation>
    </message>
    <message>
        <source>screen</source>
        <translation>Bildschirm</translation>
    </message>
    <message>
        <source>Go to layer, unit, class …</source>
        <translation>Zu Schicht, Einheit, Klasse …</translation>
    </message>
    <message>
        <source>Go to any layer, unit or class (Ctrl+K)</source>
        <translation>Zu jeder Schicht, Einheit oder Klasse gehen (Strg+K)</translation>
    </message>
    <message>
        <source>What each card means, the keys, and all words (?)</source>
        <translation>Was jeder Bereich bedeutet, die Tasten und alle Begriffe (?)</translation>
    </message>
    <message>
        <source>The picture or film before (w)</source>
        <translation>Das Bild oder der Film davor (w)</translation>
    </message>
    <message>
        <source>Holds the present picture, or goes on (Space, f)</source>
        <translation>Hält das jetzige Bild an, oder geht weiter (Leertaste, f)</translation>
    </message>
    <message>
        <source>The next picture or film (e)</source>
        <translation>Das nächste Bild, der nächste Film (e)</translation>
    </message>
    <message>
        <source>Place in the film or folder</source>
        <translation>Stelle im Film oder Ordner</translation>
    </message>
    <message>
        <source>Place in the film, folder or demo</source>
        <translation>Stelle im Film, im Ordner oder in der Vorführung</translation>
    </message>
    <message>
        <source>next in {seconds} s</source>
        <translation>nächstes in {seconds} s</translation>
    </message>
    <message>
        <source>frozen</source>
        <translation>eingefroren</translation>
    </message>
    <message>
        <source>Mode and source</source>
        <translation>Modus und Quelle</translation>
    </message>
</context>
<context>
    <name>app/shell/status_bar</name>
    <message>
        <source>no frame yet</source>
        <translation>noch kein Bild</translation>
    </message>
    <message>
        <source>fused: within 1e-5 of the exact pass</source>
        <translation>zusammengefasst: auf 1e-5 genau wie der exakte Durchlauf</translation>
    </message>
    <message>
        <source>exact</source>
        <translation>exakt</translation>
    </message>
    <message>
        <source>frozen at frame {number}</source>
        <translation>eingefroren bei Bild {number}</translation>
    </message>
    <message>
        <source>live {rate:.0f}/s</source>
        <translation>live {rate:.0f}/s</translation>
    </message>
    <message>
        <source>still</source>
        <translation>steht</translation>
    </message>
    <message>
        <source>{shown:.0f} of {read:.0f} frames a second are shown; the others came while one was computed ({dropped:,} so far).
A pass takes {pass_time:.0f} ms, and a picture is {age:.0f} ms old when it is shown.</source>
        <translation>{shown:.0f} von {read:.0f} Bildern je Sekunde werden gezeigt; die anderen kamen, während eines berechnet wurde (bisher {dropped:,}).
Ein Durchlauf braucht {pass_time:.0f} ms, und ein Bild ist {age:.0f} ms alt, wenn es gezeigt wird.</translation>
    </message>
    <message>
        <source>What went wrong</source>
        <translation>Was schiefging</translation>
    </message>
    <message>
        <source>problems {count}</source>
        <translation>Probleme {count}</translation>
    </message>
    <message>
        <source>notes {count}</source>
        <translation>Hinweise {count}</translation>
    </message>
    <message>
        <source>What was assumed, and other news</source>
        <translation>Was angenommen wurde, und andere Neuigkeiten</translation>
    </message>
</context>
<context>
    <name>app/shell/targets</name>
    <message>
        <source>opens the network</source>
        <translation>öffnet das Netz</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/about</name>
    <message>
        <source>dnnvis {version}
See what a neural network sees, means and imagines while it runs.

It may be used, changed and passed on under the MIT license. What it shows of a network follows published methods; the glossary and the guide name the paper of each. Nothing that you open is sent anywhere.

Python {python}, Qt {qt}, PyQt {pyqt}, {system}</source>
        <translation>dnnvis {version}
Sehen, was ein neuronales Netz sieht, meint und sich vorstellt, während es läuft.

Es darf unter der MIT-Lizenz benutzt, verändert und weitergegeben werden. Was es von einem Netz zeigt, folgt veröffentlichten Methoden; Glossar und Handbuch nennen zu jeder die Veröffentlichung. Nichts, was geöffnet wird, wird irgendwohin gesendet.

Python {python}, Qt {qt}, PyQt {pyqt}, {system}</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/card_frame</name>
    <message>
        <source>What the lesson is about</source>
        <translation>Wovon die Lektion handelt</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/card_help</name>
    <message>
        <source>Back to the window (?, Esc)</source>
        <translation>Zurück zum Fenster (?, Esc)</translation>
    </message>
    <message>
        <source>Cards of this mode</source>
        <translation>Bereiche dieses Modus</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/coach_marks</name>
    <message>
        <source>Put all tips away (Esc)</source>
        <translation>Alle Tipps weglegen (Esc)</translation>
    </message>
    <message>
        <source>Put all tips away</source>
        <translation>Alle Tipps weglegen</translation>
    </message>
    <message>
        <source>Tip: {text}</source>
        <translation>Tipp: {text}</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/lesson_bar</name>
    <message>
        <source>The step before, as you left it; what you changed since is taken back</source>
        <translation>Der Schritt davor, wie er verlassen wurde; seither Geändertes wird zurückgenommen</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Go on to the next step</source>
        <translation>Zum nächsten Schritt gehen</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>Von vorn</translation>
    </message>
    <message>
        <source>Begin again with the first step</source>
        <translation>Mit dem ersten Schritt neu beginnen</translation>
    </message>
    <message>
        <source>Leave</source>
        <translation>Verlassen</translation>
    </message>
    <message>
        <source>End the lesson; the window shows again what it showed before</source>
        <translation>Die Lektion beenden; das Fenster zeigt wieder, was es davor zeigte</translation>
    </message>
    <message>
        <source>Lesson</source>
        <translation>Lektion</translation>
    </message>
    <message>
        <source>{number} of {count}</source>
        <translation>{number} von {count}</translation>
    </message>
    <message>
        <source>End the lesson; the window stays as it is now, for you to go on</source>
        <translation>Die Lektion beenden; das Fenster bleibt, wie es jetzt ist</translation>
    </message>
    <message>
        <source>Finish</source>
        <translation>Abschließen</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Überspringen</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/lesson_commands</name>
    <message>
        <source>There is no {value} beside the lesson.</source>
        <translation>Neben der Lektion gibt es kein {value}.</translation>
    </message>
    <message>
        <source>{name} has no layer '{layer}'.</source>
        <translation>{name} hat keine Schicht „{layer}“.</translation>
    </message>
    <message>
        <source>{name} has no unit {unit}.</source>
        <translation>{name} hat keine Einheit {unit}.</translation>
    </message>
    <message>
        <source>{name} has no class '{value}'.</source>
        <translation>{name} hat keine Klasse „{value}“.</translation>
    </message>
    <message>
        <source>This mode has no card '{value}'.</source>
        <translation>Dieser Modus hat keinen Bereich „{value}“.</translation>
    </message>
    <message>
        <source>No network is open.</source>
        <translation>Kein Netz ist offen.</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/lesson_player</name>
    <message>
        <source>The network {name} could not be opened; see Problems.</source>
        <translation>Das Netz {name} konnte nicht geöffnet werden; siehe Probleme.</translation>
    </message>
    <message>
        <source>One moment ...</source>
        <translation>Einen Moment ...</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/pen_overlay</name>
    <message>
        <source>Takes back the last stroke (Backspace)</source>
        <translation>Nimmt den letzten Strich zurück (Rücktaste)</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Leeren</translation>
    </message>
    <message>
        <source>Takes back all strokes (Del)</source>
        <translation>Nimmt alle Striche zurück (Entf)</translation>
    </message>
    <message>
        <source>Puts the pen away, and all strokes (Esc, F8)</source>
        <translation>Legt den Stift weg, und alle Striche (Esc, F8)</translation>
    </message>
    <message>
        <source>Draw in {color} ({number})</source>
        <translation>In {color} zeichnen ({number})</translation>
    </message>
    <message>
        <source>1 2 3 colors · Backspace undoes · Del clears · Esc ends</source>
        <translation>1 2 3 Farben · Rücktaste nimmt zurück · Entf leert · Esc beendet</translation>
    </message>
    <message>
        <source>Pen for presenting</source>
        <translation>Stift zum Vorführen</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/pointer_ring</name>
    <message>
        <source>Pointer for presenting</source>
        <translation>Zeiger zum Vorführen</translation>
    </message>
</context>
<context>
    <name>app/shell/teaching/teaching</name>
    <message>
        <source>About dnnvis</source>
        <translation>Über dnnvis</translation>
    </message>
    <message>
        <source>a file in which a teacher wrote what the window shows, step by step</source>
        <translation>eine Datei, in der jemand für den Unterricht schrieb, was das Fenster Schritt für Schritt zeigt</translation>
    </message>
    <message>
        <source>Lessons</source>
        <translation>Lektionen</translation>
    </message>
    <message>
        <source>Open a lesson ...</source>
        <translation>Eine Lektion öffnen ...</translation>
    </message>
    <message>
        <source>Open a lesson</source>
        <translation>Eine Lektion öffnen</translation>
    </message>
    <message>
        <source>Lessons (*.toml);;All files (*)</source>
        <translation>Lektionen (*.toml);;Alle Dateien (*)</translation>
    </message>
</context>
<context>
    <name>app/shell/window</name>
    <message>
        <source>Run this code?</source>
        <translation>Diesen Code ausführen?</translation>
    </message>
    <message>
        <source>Run it?</source>
        <translation>Ausführen?</translation>
    </message>
    <message>
        <source>Panel: {title}</source>
        <translation>Bereich: {title}</translation>
    </message>
    <message>
        <source>Drop to open: picture, film, board, folder, checkpoint or state</source>
        <translation>Zum Öffnen loslassen: Bild, Film, Spielfeld, Ordner, Checkpoint oder Zustand</translation>
    </message>
</context>
<context>
    <name>app/statistics/histogram</name>
    <message>
        <source>log of the count</source>
        <translation>Log der Anzahl</translation>
    </message>
    <message>
        <source>Histogram of the unit's activations</source>
        <translation>Histogramm der Aktivierungen der Einheit</translation>
    </message>
</context>
<context>
    <name>app/statistics/panel</name>
    <message>
        <source>Correlation of the layer's units</source>
        <translation>Korrelation der Einheiten der Schicht</translation>
    </message>
    <message>
        <source>Why there are no statistics</source>
        <translation>Warum es keine Statistik gibt</translation>
    </message>
    <message>
        <source>These statistics are {reason}.</source>
        <translation>Diese Statistik ist {reason}.</translation>
    </message>
    <message>
        <source>Putting the {units:,} units of {layer} into order ...</source>
        <translation>Die {units:,} Einheiten von {layer} werden geordnet ...</translation>
    </message>
    <message>
        <source>correlations · alike units side by side</source>
        <translation>Korrelationen · ähnliche Einheiten nebeneinander</translation>
    </message>
</context>
<context>
    <name>app/statistics/text</name>
    <message>
        <source>Reading the statistics of {unit} ...</source>
        <translation>Die Statistik von {unit} wird gelesen ...</translation>
    </message>
    <message>
        <source>above {low}</source>
        <translation>über {low}</translation>
    </message>
    <message>
        <source>all {count:,} units fire somewhere</source>
        <translation>alle {count:,} Einheiten feuern irgendwo</translation>
    </message>
    <message>
        <source>found with {previous}, now {network} runs</source>
        <translation>mit {previous} gefunden, jetzt läuft {network}</translation>
    </message>
    <message>
        <source>up to {high}</source>
        <translation>bis {high}</translation>
    </message>
    <message>
        <source>{dead:,} of {count:,} never fire</source>
        <translation>{dead:,} von {count:,} feuern nie</translation>
    </message>
    <message>
        <source>{low} to {high}</source>
        <translation>{low} bis {high}</translation>
    </message>
    <message>
        <source>{range}: {count:,} values ({percentage:.1f} %)</source>
        <translation>{range}: {count:,} Werte ({percentage:.1f} %)</translation>
    </message>
    <message>
        <source>{layer}[{a}] and {layer}[{b}]: r = {r:.2f}</source>
        <translation>{layer}[{a}] und {layer}[{b}]: r = {r:.2f}</translation>
    </message>
</context>
<context>
    <name>app/steps/panel</name>
    <message>
        <source>Imagination shown as</source>
        <translation>Vorgestelltes gezeigt als</translation>
    </message>
    <message>
        <source>Decoder</source>
        <translation>Decoder</translation>
    </message>
    <message>
        <source>Open a network with steps</source>
        <translation>Ein Netz mit Schritten öffnen</translation>
    </message>
    <message>
        <source>life-3, which imagines the Game of Life, on a board</source>
        <translation>life-3, das sich das Game of Life vorstellt, auf einem Spielfeld</translation>
    </message>
    <message>
        <source>Goes back to the weights that the network had earlier in its training</source>
        <translation>Geht zurück zu den Gewichten, die das Netz früher in seinem Training hatte</translation>
    </message>
    <message>
        <source>The decoder's own values, or cells that live from .5 on</source>
        <translation>Die Werte des Decoders selbst, oder Zellen, die ab .5 leben</translation>
    </message>
    <message>
        <source>The module that shows a state</source>
        <translation>Das Modul, das einen Zustand zeigt</translation>
    </message>
    <message>
        <source>cells (≥ .5)</source>
        <translation>Zellen (≥ .5)</translation>
    </message>
    <message>
        <source>raw</source>
        <translation>roh</translation>
    </message>
    <message>
        <source>Waiting for the first picture of these steps ...</source>
        <translation>Das erste Bild dieser Schritte kommt gleich ...</translation>
    </message>
    <message>
        <source>step {number}: {mark}</source>
        <translation>Schritt {number}: {mark}</translation>
    </message>
    <message>
        <source>step {number}</source>
        <translation>Schritt {number}</translation>
    </message>
</context>
<context>
    <name>app/steps/scores</name>
    <message>
        <source>Scores of the board on show: </source>
        <translation>Bewertung des gezeigten Spielfelds: </translation>
    </message>
    <message>
        <source>corrected</source>
        <translation>korrigiert</translation>
    </message>
</context>
<context>
    <name>app/steps/text</name>
    <message>
        <source>'{layer}' is called once in a pass, so it has no steps. Called several times are: {names}; click one of them in the row of layers.</source>
        <translation>'{layer}' wird in einem Durchlauf einmal aufgerufen und hat daher keine Schritte. Mehrmals aufgerufen werden: {names}; eine davon in der Reihe der Schichten anklicken.</translation>
    </message>
    <message>
        <source>The button below opens life-3, which has hidden states, on a board of the Game of Life.</source>
        <translation>Der Knopf darunter öffnet life-3, das verborgene Zustände hat, auf einem Brett des Game of Life.</translation>
    </message>
    <message>
        <source>{names} and {count} others</source>
        <translation>{names} und {count} weitere</translation>
    </message>
    <message>
        <source>{network} goes through each of its layers once in a pass: there are no steps to walk through.</source>
        <translation>{network} geht in einem Durchlauf einmal durch jede seiner Schichten: Es gibt keine Schritte zu sehen.</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>{decoder} (card)</source>
        <translation>{decoder} (Karte)</translation>
    </message>
    <message>
        <source>as found</source>
        <translation>wie gefunden</translation>
    </message>
    <message>
        <source>step {number}, cell ({y}, {x}): {values}</source>
        <translation>Schritt {number}, Zelle ({y}, {x}): {values}</translation>
    </message>
    <message>
        <source>{title}: none. {reason} {meaning}</source>
        <translation>{title}: keine. {reason} {meaning}</translation>
    </message>
    <message>
        <source>{title} {score:.4f}, of the one board on show. {meaning}</source>
        <translation>{title} {score:.4f}, für das eine gezeigte Spielfeld. {meaning}</translation>
    </message>
    <message>
        <source>Scores compare imagined with true boards. There are none here: the true next boards are known only of a network that plays the Game of Life, on a board that lives.</source>
        <translation>Bewertungen vergleichen vorgestellte mit wahren Spielfeldern. Hier gibt es keine: Die wahren nächsten sind nur bei einem Netz bekannt, das das Game of Life spielt, auf einem Spielfeld, das lebt.</translation>
    </message>
    <message>
        <source>It is not defined for this board and this network.</source>
        <translation>Sie ist für dieses Spielfeld und dieses Netz nicht definiert.</translation>
    </message>
    <message>
        <source>Imagines the board in between right</source>
        <translation>Stellt sich das Spielfeld dazwischen richtig vor</translation>
    </message>
    <message>
        <source>Imagines the board in between wrong</source>
        <translation>Stellt sich das Spielfeld dazwischen falsch vor</translation>
    </message>
    <message>
        <source>{text}; here one still board would do as well</source>
        <translation>{text}; hier täte es ein einziges starres Spielfeld auch</translation>
    </message>
    <message>
        <source>Imagines all {between} boards in between right</source>
        <translation>Stellt sich alle {between} Spielfelder dazwischen richtig vor</translation>
    </message>
    <message>
        <source>Imagines {count} of the {between} boards in between right</source>
        <translation>Stellt sich {count} der {between} Spielfelder dazwischen richtig vor</translation>
    </message>
    <message>
        <source>training step {step} of {last}</source>
        <translation>Trainingsschritt {step} von {last}</translation>
    </message>
    <message>
        <source>through {decoder}</source>
        <translation>durch {decoder}</translation>
    </message>
</context>
<context>
    <name>app/steps/transport_bar</name>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>Steps per second while playing</source>
        <translation>Schritte je Sekunde beim Abspielen</translation>
    </message>
    <message>
        <source>First step (Home)</source>
        <translation>Erster Schritt (Pos1)</translation>
    </message>
    <message>
        <source>One step back (&lt;, here also ,)</source>
        <translation>Ein Schritt zurück (&lt;, hier auch ,)</translation>
    </message>
    <message>
        <source>Play / pause (here: Space)</source>
        <translation>Abspielen / anhalten (hier: Leertaste)</translation>
    </message>
    <message>
        <source>One step on (&gt;, here also .)</source>
        <translation>Ein Schritt weiter (&gt;, hier auch .)</translation>
    </message>
    <message>
        <source>Last step (End)</source>
        <translation>Letzter Schritt (Ende)</translation>
    </message>
    <message>
        <source>Step of how many</source>
        <translation>Schritt von wie vielen</translation>
    </message>
    <message>
        <source>Begin again at the end while playing</source>
        <translation>Beim Abspielen am Ende von vorn beginnen</translation>
    </message>
</context>
<context>
    <name>app/synthesis/card_controls</name>
    <message>
        <source>for every unit</source>
        <translation>für jede Einheit</translation>
    </message>
    <message>
        <source>Grow the units that you select next with this preset, too</source>
        <translation>Auch die nächsten gewählten Einheiten mit diesem Preset wachsen lassen</translation>
    </message>
    <message>
        <source>One</source>
        <translation>Eins</translation>
    </message>
    <message>
        <source>One picture</source>
        <translation>Ein Bild</translation>
    </message>
    <message>
        <source>Save …</source>
        <translation>PNG…</translation>
    </message>
    <message>
        <source>Save the picture as a PNG with its recipe</source>
        <translation>Das Bild als PNG mit seinem Rezept speichern</translation>
    </message>
    <message>
        <source>Dream this frame: the layer on show</source>
        <translation>Dieses Bild träumen: die gezeigte Schicht</translation>
    </message>
    <message>
        <source>Dream this frame: the selected unit</source>
        <translation>Dieses Bild träumen: die gewählte Einheit</translation>
    </message>
</context>
<context>
    <name>app/synthesis/measures</name>
    <message>
        <source>Numbers about the picture</source>
        <translation>Zahlen über das Bild</translation>
    </message>
    <message>
        <source>photos are no measure</source>
        <translation>Fotos sind kein Maß</translation>
    </message>
</context>
<context>
    <name>app/synthesis/outcome</name>
    <message>
        <source>How good the picture is</source>
        <translation>Wie gut das Bild ist</translation>
    </message>
</context>
<context>
    <name>app/synthesis/panel</name>
    <message>
        <source>Again</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>nine</source>
        <translation>neun</translation>
    </message>
    <message>
        <source>Nine seeds at once (Yosinski et al. 2015), or one</source>
        <translation>Neun Seeds zugleich (Yosinski et al. 2015), oder einer</translation>
    </message>
    <message>
        <source>settings</source>
        <translation>Werte</translation>
    </message>
    <message>
        <source>Every number of the preset, with a way back</source>
        <translation>Jede Zahl des Presets, mit einem Weg zurück</translation>
    </message>
    <message>
        <source>Begin (g), pause, or go on (p)</source>
        <translation>Beginnen (g), anhalten, oder fortsetzen (p)</translation>
    </message>
    <message>
        <source>Keep the picture as it is now in the library (G)</source>
        <translation>Das Bild, wie es jetzt ist, in der Bibliothek merken (G)</translation>
    </message>
    <message>
        <source>New seed</source>
        <translation>Neuer Seed</translation>
    </message>
    <message>
        <source>Begin again from another start</source>
        <translation>Mit einem anderen Anfang neu beginnen</translation>
    </message>
    <message>
        <source>Dream</source>
        <translation>Traum</translation>
    </message>
    <message>
        <source>DeepDream on the present frame</source>
        <translation>DeepDream auf dem jetzigen Bild</translation>
    </message>
    <message>
        <source>What grows, rendering a whole layer, saving the picture</source>
        <translation>Was wächst, eine ganze Schicht rendern, das Bild speichern</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Copy picture</source>
        <translation>Bild kopieren</translation>
    </message>
    <message>
        <source>Nine</source>
        <translation>Neun</translation>
    </message>
    <message>
        <source>Render this layer into the library</source>
        <translation>Diese Schicht in die Bibliothek rendern</translation>
    </message>
    <message>
        <source>Save numbers (.npy) ...</source>
        <translation>Zahlen speichern (.npy) ...</translation>
    </message>
    <message>
        <source>Save picture (PNG with recipe) ...</source>
        <translation>Bild speichern (PNG mit Rezept) ...</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Werte</translation>
    </message>
    <message>
        <source>What is to grow: a unit, a layer, or a sum of such with weights</source>
        <translation>Was wachsen soll: eine Einheit, eine Schicht, oder eine gewichtete Summe davon</translation>
    </message>
    <message>
        <source>goal: conv5[1], conv5, 0.5*conv5[1] + conv5[2]</source>
        <translation>Ziel: conv5[1], conv5, 0.5*conv5[1] + conv5[2]</translation>
    </message>
    <message>
        <source>stale</source>
        <translation>veraltet</translation>
    </message>
    <message>
        <source> · stale</source>
        <translation> · veraltet</translation>
    </message>
    <message>
        <source>This picture is {reason}.</source>
        <translation>Dieses Bild ist {reason}.</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Preset</translation>
    </message>
    <message>
        <source>Goal</source>
        <translation>Ziel</translation>
    </message>
    <message>
        <source>Grow each unit that is selected</source>
        <translation>Jede Einheit wachsen lassen, die gewählt wird</translation>
    </message>
    <message>
        <source>Only at the selected place</source>
        <translation>Nur an der gewählten Stelle</translation>
    </message>
    <message>
        <source>What {unit} wants (preset {preset})</source>
        <translation>Was {unit} will (Preset {preset})</translation>
    </message>
</context>
<context>
    <name>app/synthesis/parents</name>
    <message>
        <source>Kept picture of {parent}</source>
        <translation>Gemerktes Bild von {parent}</translation>
    </message>
</context>
<context>
    <name>app/synthesis/preset_list</name>
    <message>
        <source>Presets</source>
        <translation>Presets</translation>
    </message>
    <message>
        <source>Recipes of published papers, with their own numbers</source>
        <translation>Rezepte aus Veröffentlichungen, mit deren eigenen Zahlen</translation>
    </message>
    <message>
        <source>{name}: {steps} steps; {source}</source>
        <translation>{name}: {steps} Schritte; {source}</translation>
    </message>
</context>
<context>
    <name>app/synthesis/saved_strip</name>
    <message>
        <source>Pictures that you keep of this layer's units stand here (G keeps the one above); a click shows one, and a drag saves it.</source>
        <translation>Gemerkte Bilder der Einheiten dieser Schicht stehen hier (G merkt das obere); ein Klick zeigt eines, Ziehen speichert es.</translation>
    </message>
    <message>
        <source>Saved pictures of this unit and its layer</source>
        <translation>Gespeicherte Bilder dieser Einheit und ihrer Schicht</translation>
    </message>
</context>
<context>
    <name>app/synthesis/settings_list</name>
    <message>
        <source>Settings of the synthesis</source>
        <translation>Werte der Synthese</translation>
    </message>
    <message>
        <source>Reset {title}</source>
        <translation>{title} zurücksetzen</translation>
    </message>
    <message>
        <source>back to the preset's {default}</source>
        <translation>zurück zum Wert des Presets: {default}</translation>
    </message>
</context>
<context>
    <name>app/synthesis/text</name>
    <message>
        <source>Does not excite it yet</source>
        <translation>Erregt sie noch nicht</translation>
    </message>
    <message>
        <source>Excites it {percent} as much as the best photograph</source>
        <translation>Erregt sie {percent} so sehr wie das beste Foto</translation>
    </message>
    <message>
        <source>Excites it {ratio:.0f} times as much as the best photograph</source>
        <translation>Erregt sie {ratio:.0f}-mal so sehr wie das beste Foto</translation>
    </message>
    <message>
        <source>Growing the first picture of {goal} ...</source>
        <translation>Das erste Bild von {goal} wächst ...</translation>
    </message>
    <message>
        <source>It reaches {value}; {natural}</source>
        <translation>Es erreicht {value}; {natural}</translation>
    </message>
    <message>
        <source>Nothing grows. Click a unit in the mosaic, press g, or write a goal above.</source>
        <translation>Nichts wächst. Eine Einheit im Mosaik anklicken, g drücken, oder oben ein Ziel schreiben.</translation>
    </message>
    <message>
        <source>Share of the picture's spectral energy above 0.25 cycles per pixel; below it the median of photographs of this size and what 95 % of them stay below. ▲: more than those, so the picture is part noise.</source>
        <translation>Anteil der spektralen Energie des Bildes über 0,25 Perioden je Pixel; darunter der Median von Fotos dieser Größe und was 95 % von ihnen nicht übersteigen. ▲: mehr als das, das Bild ist also zum Teil Rauschen.</translation>
    </message>
    <message>
        <source>Total variation: mean |dx| + |dy| of neighbouring pixels in [0, 1]; below it the median of photographs of this size and what 95 % of them stay below. ▲: more than those.</source>
        <translation>Totalvariation: Mittel von |dx| + |dy| benachbarter Pixel in [0, 1]; darunter der Median von Fotos dieser Größe und was 95 % von ihnen nicht übersteigen. ▲: mehr als das.</translation>
    </message>
    <message>
        <source>What the picture reaches as it is, against the best natural picture that the library knows; above 1× it excites the unit more than any of them.</source>
        <translation>Was das Bild erreicht, wie es ist, gegen das beste Foto, das die Bibliothek kennt; über 1× erregt es die Einheit mehr als jedes davon.</translation>
    </message>
    <message>
        <source>as smooth as photographs.</source>
        <translation>so glatt wie Fotos.</translation>
    </message>
    <message>
        <source>best natural not known: scan a folder</source>
        <translation>bestes Foto nicht bekannt: einen Ordner scannen</translation>
    </message>
    <message>
        <source>best natural {value}</source>
        <translation>bestes Foto {value}</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>grainier than photographs: a part of it is noise.</source>
        <translation>körniger als Fotos: Ein Teil davon ist Rauschen.</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>gemerkt</translation>
    </message>
    <message>
        <source>kept on {date}</source>
        <translation>gemerkt am {date}</translation>
    </message>
    <message>
        <source>more restless than photographs.</source>
        <translation>unruhiger als Fotos.</translation>
    </message>
    <message>
        <source>of a sum or layer; photographs have no such value</source>
        <translation>von einer Summe oder Schicht; Fotos haben keinen solchen Wert</translation>
    </message>
    <message>
        <source>of one place or call; scans keep no such value</source>
        <translation>von einer Stelle oder einem Aufruf; Scans behalten keinen solchen Wert</translation>
    </message>
    <message>
        <source>of {unit}, now {goal} is to grow</source>
        <translation>von {unit}, jetzt soll {goal} wachsen</translation>
    </message>
    <message>
        <source>of {unit}; nothing grows now</source>
        <translation>von {unit}; jetzt wächst nichts</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>photos {median:.2f}, 95 % &lt; {most:.2f}</source>
        <translation>Fotos {median:.2f}, 95 % &lt; {most:.2f}</translation>
    </message>
    <message>
        <source>reached</source>
        <translation>erreicht</translation>
    </message>
    <message>
        <source>scans keep no '{name}' of photographs</source>
        <translation>Scans behalten kein '{name}' von Fotos</translation>
    </message>
    <message>
        <source>{goal} is paused before its first step.</source>
        <translation>{goal} ist vor dem ersten Schritt angehalten.</translation>
    </message>
</context>
<context>
    <name>app/training/curves</name>
    <message>
        <source>Left: the loss, log scale. Right: the share of right cells of each state on 64 boards it does not learn from; the network is told of the last step only.</source>
        <translation>Links: der Loss, logarithmisch. Rechts: der Anteil richtiger Zellen jedes Zustands auf 64 Spielfeldern, von denen es nicht lernt; das Netz erfährt nur den letzten Schritt.</translation>
    </message>
    <message>
        <source>right cells</source>
        <translation>richtige Zellen</translation>
    </message>
    <message>
        <source>Loss and right cells over the steps of the training</source>
        <translation>Loss und richtige Zellen über die Schritte des Trainings</translation>
    </message>
</context>
<context>
    <name>app/training/form</name>
    <message>
        <source>Border of the boards</source>
        <translation>Rand der Spielfelder</translation>
    </message>
    <message>
        <source>Cell</source>
        <translation>Zelle</translation>
    </message>
    <message>
        <source>How many steps ahead the final board lies; as many as the network's until changed</source>
        <translation>Wie viele Schritte voraus das letzte Spielfeld liegt; so viele wie beim Netz, bis es geändert wird</translation>
    </message>
    <message>
        <source>Of the finished network; the run of a name and seed goes on</source>
        <translation>Des fertigen Netzes; der Lauf eines Namens und Seeds geht weiter</translation>
    </message>
    <message>
        <source>Seed of everything random</source>
        <translation>Seed von allem Zufälligen</translation>
    </message>
    <message>
        <source>Steps of the game</source>
        <translation>Schritte des Spiels</translation>
    </message>
    <message>
        <source>Steps of the network</source>
        <translation>Schritte des Netzes</translation>
    </message>
    <message>
        <source>The convolutions of one step; the paper's are like the faithful ones</source>
        <translation>Die Faltungen eines Schritts; die der Veröffentlichung gleichen den getreuen</translation>
    </message>
    <message>
        <source>faithful (3x3, 3x3, 3x3)</source>
        <translation>getreu (3x3, 3x3, 3x3)</translation>
    </message>
    <message>
        <source>lean (3x3, 1x1, 1x1)</source>
        <translation>schlank (3x3, 1x1, 1x1)</translation>
    </message>
    <message>
        <source>autoencoder loss</source>
        <translation>Autoencoder-Loss</translation>
    </message>
    <message>
        <source>shared weights</source>
        <translation>geteilte Gewichte</translation>
    </message>
    <message>
        <source>adversarial stage</source>
        <translation>adversariale Phase</translation>
    </message>
    <message>
        <source>Name of the network</source>
        <translation>Name des Netzes</translation>
    </message>
    <message>
        <source>Average the loss of encoder and decoder in: without it the states in between are seldom readable</source>
        <translation>Den Loss von Encoder und Decoder einrechnen: ohne ihn sind die Zustände dazwischen selten lesbar</translation>
    </message>
    <message>
        <source>One cell for all steps</source>
        <translation>Eine Zelle für alle Schritte</translation>
    </message>
    <message>
        <source>Afterwards a new decoder learns beside a discriminator, encoder and cell frozen</source>
        <translation>Danach lernt ein neuer Decoder neben einem Diskriminator, Encoder und Zelle bleiben fest</translation>
    </message>
    <message>
        <source>Network steps</source>
        <translation>Netzschritte</translation>
    </message>
    <message>
        <source>Game steps</source>
        <translation>Spielschritte</translation>
    </message>
</context>
<context>
    <name>app/training/loss_track</name>
    <message>
        <source>The loss, log scale</source>
        <translation>Der Loss, logarithmisch</translation>
    </message>
    <message>
        <source>; drag: a moment</source>
        <translation>; ziehen: ein Zeitpunkt</translation>
    </message>
    <message>
        <source>Moment of the training, on its loss</source>
        <translation>Zeitpunkt des Trainings, auf seinem Loss</translation>
    </message>
</context>
<context>
    <name>app/training/panel</name>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Begin, or go on where the run of this name stands</source>
        <translation>Beginnen, oder dort weitermachen, wo der Lauf dieses Namens steht</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Hold the training where it is, or go on</source>
        <translation>Das Training anhalten, oder fortsetzen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>End the training; it goes on another time</source>
        <translation>Das Training beenden; es geht ein andermal weiter</translation>
    </message>
    <message>
        <source>Stop, and write the network as it is now, to be opened; Train goes on from there</source>
        <translation>Anhalten, und das Netz zum Öffnen schreiben, wie es jetzt ist; Training macht dort weiter</translation>
    </message>
    <message>
        <source>Show the finished network in the window, on a board</source>
        <translation>Das fertige Netz im Fenster zeigen, auf einem Spielfeld</translation>
    </message>
    <message>
        <source>Start over</source>
        <translation>Neu anfangen</translation>
    </message>
    <message>
        <source>Forget the run of this name and begin again</source>
        <translation>Den Lauf dieses Namens vergessen und neu beginnen</translation>
    </message>
    <message>
        <source>What the network imagines of one board is shown at its first look, every 25 steps ...</source>
        <translation>Was sich das Netz zu einem Spielfeld vorstellt, erscheint bald, alle 25 Schritte ...</translation>
    </message>
    <message>
        <source>While it learns, this shows what the network imagines of one board: its true states, what the decoder makes of each inner state, and what of that is wrong.</source>
        <translation>Während es lernt, steht hier, was sich das Netz zu einem Spielfeld vorstellt: die wahren Zustände, was der Decoder aus jedem inneren Zustand macht, und was davon falsch ist.</translation>
    </message>
    <message>
        <source>step {step:,}</source>
        <translation>Schritt {step:,}</translation>
    </message>
    <message>
        <source> of {total:,}</source>
        <translation> von {total:,}</translation>
    </message>
    <message>
        <source>{duration} left</source>
        <translation>noch {duration}</translation>
    </message>
    <message>
        <source>{game} game / {steps} network steps</source>
        <translation>{game} Spielschritte / {steps} Netzschritte</translation>
    </message>
    <message>
        <source>Progress of the training</source>
        <translation>Fortschritt des Trainings</translation>
    </message>
    <message>
        <source>What the network imagines of one board</source>
        <translation>Was sich das Netz zu einem Spielfeld vorstellt</translation>
    </message>
    <message>
        <source>It needs a name.</source>
        <translation>Es braucht einen Namen.</translation>
    </message>
    <message>
        <source>loss, the generator's included</source>
        <translation>Loss, mit dem des Generators</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>Loss</translation>
    </message>
    <message>
        <source>The adversarial stage: a new decoder learns, encoder and cell stay as they are.</source>
        <translation>Die adversariale Phase: Ein neuer Decoder lernt, Encoder und Zelle bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Go on from step {step:,}</source>
        <translation>Ab Schritt {step:,} weitermachen</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>Gestoppt.</translation>
    </message>
    <message>
        <source>Stopping in order to keep {name} as it is now ...</source>
        <translation>Wird gestoppt, um {name} zu behalten, wie es jetzt ist ...</translation>
    </message>
    <message>
        <source>Starting ...</source>
        <translation>Beginnt ...</translation>
    </message>
    <message>
        <source>Stopping: the step under way is finished and saved ...</source>
        <translation>Wird gestoppt: Der laufende Schritt wird beendet und gespeichert ...</translation>
    </message>
    <message>
        <source>paused: Continue goes on, Stop keeps the progress</source>
        <translation>angehalten: Weiter setzt fort, Stopp behält den Fortschritt</translation>
    </message>
</context>
<context>
    <name>app/training/rendering</name>
    <message>
        <source>0  encoder</source>
        <translation>0  Encoder</translation>
    </message>
    <message>
        <source>{number}  cell</source>
        <translation>{number}  Zelle</translation>
    </message>
</context>
<context>
    <name>app/training/text</name>
    <message>
        <source>Nothing is known of how {network} was trained.</source>
        <translation>Wie {network} trainiert wurde, ist nicht bekannt.</translation>
    </message>
    <message>
        <source>The loss of {network} over its training; no moment of it was kept.</source>
        <translation>Der Loss von {network} im Training; kein Zeitpunkt davon wurde behalten.</translation>
    </message>
    <message>
        <source>Training: step {step:,} of {count:,}.</source>
        <translation>Training: Schritt {step:,} von {count:,}.</translation>
    </message>
    <message>
        <source>Training: {count:,} steps, here at its end. Drag the curve to go back.</source>
        <translation>Training: {count:,} Schritte, hier am Ende. An der Kurve ziehen geht zurück.</translation>
    </message>
    <message>
        <source>{border} border</source>
        <translation>Rand {border}</translation>
    </message>
    <message>
        <source>seed {seed}</source>
        <translation>Seed {seed}</translation>
    </message>
    <message>
        <source>no autoencoder loss</source>
        <translation>kein Autoencoder-Loss</translation>
    </message>
    <message>
        <source>weights not shared</source>
        <translation>Gewichte nicht geteilt</translation>
    </message>
    <message>
        <source>'{name}' cannot name a file; use letters, digits, - and _.</source>
        <translation>„{name}“ kann keine Datei benennen; Buchstaben, Ziffern, - und _ verwenden.</translation>
    </message>
    <message>
        <source>A name that begins with a dot would hide the file; use letters, digits, - and _.</source>
        <translation>Ein Name mit einem Punkt am Anfang würde die Datei verstecken; Buchstaben, Ziffern, - und _ verwenden.</translation>
    </message>
    <message>
        <source>The adversarial stage needs a network of at least two steps.</source>
        <translation>Die adversariale Phase braucht ein Netz mit mindestens zwei Schritten.</translation>
    </message>
    <message>
        <source>{game} step later</source>
        <translation>{game} Schritt später</translation>
    </message>
    <message>
        <source>{game} steps later</source>
        <translation>{game} Schritte später</translation>
    </message>
    <message>
        <source>{name} learns to tell the board {game} from pairs of a first and a last board alone</source>
        <translation>{name} lernt allein aus Paaren eines ersten und eines letzten Spielfelds, das Spielfeld {game} zu nennen</translation>
    </message>
    <message>
        <source>; what it imagines in between is its own. {duration}</source>
        <translation>; was es sich dazwischen vorstellt, ist sein Eigenes. {duration}</translation>
    </message>
    <message>
        <source> Then a new decoder learns beside a discriminator (about a minute more).</source>
        <translation> Danach lernt ein neuer Decoder neben einem Diskriminator (etwa eine Minute länger).</translation>
    </message>
    <message>
        <source>About {duration} on a free core</source>
        <translation>Etwa {duration} auf einem freien Kern</translation>
    </message>
    <message>
        <source>How long {steps} steps take with this cell was not measured: minutes, hours, or it never gets beyond an all-dead answer. Stop loses nothing.</source>
        <translation>Wie lange {steps} Schritte mit dieser Zelle dauern, wurde nicht gemessen: Minuten, Stunden, oder es kommt nie über eine ganz tote Antwort hinaus. Stopp verliert nichts.</translation>
    </message>
    <message>
        <source>{text}; one of three runs did not get there.</source>
        <translation>{text}; einer von drei Läufen kam nicht ans Ziel.</translation>
    </message>
    <message>
        <source>{count} seconds</source>
        <translation>{count} Sekunden</translation>
    </message>
    <message>
        <source>half a minute</source>
        <translation>eine halbe Minute</translation>
    </message>
    <message>
        <source>a minute</source>
        <translation>eine Minute</translation>
    </message>
    <message>
        <source>{count} minutes</source>
        <translation>{count} Minuten</translation>
    </message>
    <message>
        <source>{name} stands at step {step:,}{accuracy}</source>
        <translation>{name} steht bei Schritt {step:,}{accuracy}</translation>
    </message>
    <message>
        <source>; Train goes on from there.</source>
        <translation>; Training macht dort weiter.</translation>
    </message>
    <message>
        <source>A run of the name {name} has other settings ({settings}). Choose another name, or begin anew, which forgets it.</source>
        <translation>Ein Lauf mit dem Namen {name} hat andere Werte ({settings}). Einen anderen Namen wählen, oder neu anfangen, was ihn vergisst.</translation>
    </message>
    <message>
        <source>{result} Open shows it.</source>
        <translation>{result} Öffnen zeigt es.</translation>
    </message>
    <message>
        <source>{result} Its adversarial stage{at}; Train goes on there.</source>
        <translation>{result} Seine adversariale Phase{at}; Training macht dort weiter.</translation>
    </message>
    <message>
        <source> It was kept as it is there: Open shows it.</source>
        <translation> Es wurde behalten, wie es dort ist: Öffnen zeigt es.</translation>
    </message>
    <message>
        <source> stands at step {step}</source>
        <translation> steht bei Schritt {step}</translation>
    </message>
    <message>
        <source> is to come</source>
        <translation> kommt noch</translation>
    </message>
    <message>
        <source>{name} tells {percent} of the cells of state {game}</source>
        <translation>{name} nennt {percent} der Zellen von Zustand {game}</translation>
    </message>
    <message>
        <source> (it did not reach {target:.0%})</source>
        <translation> (es erreichte {target:.0%} nicht)</translation>
    </message>
    <message>
        <source>the states in between score {parts}</source>
        <translation>die Zustände dazwischen erreichen {parts}</translation>
    </message>
    <message>
        <source>{steps} network / {game_steps} game steps</source>
        <translation>{steps} Netzschritte / {game_steps} Spielschritte</translation>
    </message>
    <message>
        <source>98 % right: {parts}{note}</source>
        <translation>98 % richtig: {parts}{note}</translation>
    </message>
    <message>
        <source> · only {first} and {last} have a true counterpart</source>
        <translation> · nur {first} und {last} haben ein wahres Gegenstück</translation>
    </message>
    <message>
        <source>{name} at training step {step:,}</source>
        <translation>{name} bei Trainingsschritt {step:,}</translation>
    </message>
    <message>
        <source>{name} not yet</source>
        <translation>{name} noch nicht</translation>
    </message>
    <message>
        <source> ({percent} right)</source>
        <translation> ({percent} richtig)</translation>
    </message>
</context>
<context>
    <name>app/training/track_row</name>
    <message>
        <source>Go on</source>
        <translation>Weitermachen</translation>
    </message>
    <message>
        <source>Go on with the training that was stopped</source>
        <translation>Mit dem angehaltenen Training weitermachen</translation>
    </message>
    <message>
        <source>Choose a network of the Game of Life, and watch it learn</source>
        <translation>Ein Netz des Game of Life wählen und ihm beim Lernen zusehen</translation>
    </message>
</context>
<context>
    <name>app/unit/heading</name>
    <message>
        <source>Unit {number}</source>
        <translation>Einheit {number}</translation>
    </message>
    <message>
        <source>No unit yet</source>
        <translation>Noch keine Einheit</translation>
    </message>
    <message>
        <source>Bookmark the unit</source>
        <translation>Lesezeichen an die Einheit</translation>
    </message>
    <message>
        <source>note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>Write a note to this unit</source>
        <translation>Eine Notiz zu dieser Einheit schreiben</translation>
    </message>
    <message>
        <source>{value} now</source>
        <translation>jetzt {value}</translation>
    </message>
    <message>
        <source>best example {value}</source>
        <translation>bestes Beispiel {value}</translation>
    </message>
</context>
<context>
    <name>app/unit/notes</name>
    <message>
        <source>Bookmark the selected unit (Ctrl+D)</source>
        <translation>Lesezeichen an die gewählte Einheit (Strg+D)</translation>
    </message>
    <message>
        <source>The units with a bookmark or a note</source>
        <translation>Die Einheiten mit Lesezeichen oder Notiz</translation>
    </message>
    <message>
        <source>What you think that it detects; it is kept in the library</source>
        <translation>Was sie vermutlich erkennt; es steht dann in der Bibliothek</translation>
    </message>
    <message>
        <source>Note to the selected unit</source>
        <translation>Notiz zur gewählten Einheit</translation>
    </message>
</context>
<context>
    <name>app/unit/notes_text</name>
    <message>
        <source>Bookmarks</source>
        <translation>Lesezeichen</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Notizen</translation>
    </message>
    <message>
        <source>{units} marked</source>
        <translation>{units} markiert</translation>
    </message>
    <message>
        <source>no bookmarks</source>
        <translation>keine Lesezeichen</translation>
    </message>
    <message>
        <source>a note to {unit} ...</source>
        <translation>eine Notiz zu {unit} ...</translation>
    </message>
    <message>
        <source>Select a unit to write a note to it.</source>
        <translation>Eine Einheit wählen, um eine Notiz zu ihr zu schreiben.</translation>
    </message>
    <message>
        <source>to be written ...</source>
        <translation>wird noch geschrieben ...</translation>
    </message>
    <message>
        <source>kept in the library</source>
        <translation>in der Bibliothek</translation>
    </message>
</context>
<context>
    <name>app/unit/panel</name>
    <message>
        <source>Map of the selected unit</source>
        <translation>Karte der gewählten Einheit</translation>
    </message>
    <message>
        <source>Where {label} fires</source>
        <translation>Wo {label} feuert</translation>
    </message>
    <message>
        <source>No unit</source>
        <translation>Keine Einheit</translation>
    </message>
</context>
<context>
    <name>app/unit/sparkline</name>
    <message>
        <source>Trace of the maximum</source>
        <translation>Spur des Maximums</translation>
    </message>
</context>
<context>
    <name>app/widgets/color_bar</name>
    <message>
        <source>Colour bar</source>
        <translation>Farbbalken</translation>
    </message>
    <message>
        <source>max</source>
        <translation>max</translation>
    </message>
    <message>
        <source>min</source>
        <translation>min</translation>
    </message>
</context>
<context>
    <name>app/widgets/file_dialogs</name>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Saved {name} in {folder}</source>
        <translation>{name} gespeichert in {folder}</translation>
    </message>
    <message>
        <source>Copied {what} to the clipboard</source>
        <translation>In die Zwischenablage kopiert: {what}</translation>
    </message>
    <message>
        <source>{name} is there already. Replace it?</source>
        <translation>{name} gibt es schon. Ersetzen?</translation>
    </message>
    <message>
        <source>Replace the file?</source>
        <translation>Die Datei ersetzen?</translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation>Nicht gespeichert</translation>
    </message>
</context>
<context>
    <name>app/widgets/image_files</name>
    <message>
        <source>The picture cannot be written to {path}. Is the folder writable?</source>
        <translation>Das Bild kann nicht nach {path} geschrieben werden. Ist der Ordner beschreibbar?</translation>
    </message>
</context>
<context>
    <name>app/widgets/job_bar</name>
    <message>
        <source>End the job; what is done stays in the library</source>
        <translation>Den Auftrag beenden; was fertig ist, bleibt in der Bibliothek</translation>
    </message>
    <message>
        <source>Put this line away</source>
        <translation>Diese Zeile weglegen</translation>
    </message>
    <message>
        <source>Progress of {name}</source>
        <translation>Fortschritt von {name}</translation>
    </message>
    <message>
        <source>Hold the job '{name}', or go on</source>
        <translation>Den Auftrag „{name}“ anhalten, oder fortsetzen</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>app/widgets/line_plot</name>
    <message>
        <source>step 0</source>
        <translation>Schritt 0</translation>
    </message>
    <message>
        <source>The objective at each step, as it was optimised (under the transforms)</source>
        <translation>Das Ziel bei jedem Schritt, wie es optimiert wurde (unter den Transformationen)</translation>
    </message>
    <message>
        <source>Objective over the steps</source>
        <translation>Ziel über die Schritte</translation>
    </message>
</context>
<context>
    <name>app/widgets/messages</name>
    <message>
        <source>class {number}</source>
        <translation>Klasse {number}</translation>
    </message>
    <message>
        <source>No unit is selected. Click one in the mosaic, or a class among the predictions.</source>
        <translation>Keine Einheit ist gewählt. Eine im Mosaik anklicken, oder eine Klasse bei den Vorhersagen.</translation>
    </message>
    <message>
        <source>No picture has arrived yet. Choose a camera, film or folder in the Source menu.</source>
        <translation>Noch kein Bild ist da. Im Menü Quelle eine Kamera, einen Film oder einen Ordner wählen.</translation>
    </message>
    <message>
        <source>{name}, frame {number}</source>
        <translation>{name}, Bild {number}</translation>
    </message>
    <message>
        <source>Opening {name} ...</source>
        <translation>{name} wird geöffnet ...</translation>
    </message>
    <message>
        <source>No network runs. Choose one in the Network menu, or drop a checkpoint here.</source>
        <translation>Kein Netz läuft. Eines im Menü Netz wählen, oder einen Checkpoint hierher ziehen.</translation>
    </message>
    <message>
        <source>Failed {count} times in a row; the next frames are tried ever more seldom.</source>
        <translation>{count}-mal hintereinander fehlgeschlagen; die nächsten Bilder werden immer seltener versucht.</translation>
    </message>
    <message>
        <source>step {number} of {last}</source>
        <translation>Schritt {number} von {last}</translation>
    </message>
    <message>
        <source>step 0 of {last}: the encoder's</source>
        <translation>Schritt 0 von {last}: der des Encoders</translation>
    </message>
    <message>
        <source>call {number} of {count}</source>
        <translation>Aufruf {number} von {count}</translation>
    </message>
    <message>
        <source>No layer is chosen. Click one in the list of layers, or press o.</source>
        <translation>Keine Schicht ist gewählt. Eine in der Liste der Schichten anklicken, oder o drücken.</translation>
    </message>
    <message>
        <source>{network} has no layer '{layer}'. Click one in the list of layers.</source>
        <translation>{network} hat keine Schicht '{layer}'. Eine in der Liste der Schichten anklicken.</translation>
    </message>
    <message>
        <source>'{layer}' was not recorded with this frame; it appears with the next one.</source>
        <translation>'{layer}' wurde bei diesem Bild nicht aufgezeichnet; es erscheint mit dem nächsten.</translation>
    </message>
    <message>
        <source>{network} has no layer '{layer}'. Click a unit in the mosaic.</source>
        <translation>{network} hat keine Schicht '{layer}'. Eine Einheit im Mosaik anklicken.</translation>
    </message>
    <message>
        <source>'{layer}' has {count} units; there is no number {number}.</source>
        <translation>'{layer}' hat {count} Einheiten; eine mit der Nummer {number} gibt es nicht.</translation>
    </message>
    <message>
        <source>Waiting for the backward pass from {unit} to '{layer}'. Press a for activations.</source>
        <translation>Der Rückwärtslauf von {unit} nach '{layer}' läuft. Die Taste a zeigt Aktivierungen.</translation>
    </message>
    <message>
        <source>{unit} lies in this layer, and nothing is sent back within one. Go to an earlier layer (u), or press a for activations.</source>
        <translation>{unit} liegt in dieser Schicht, und innerhalb einer Schicht wird nichts zurückgesendet. Zu einer früheren Schicht gehen (u), oder mit a zu den Aktivierungen.</translation>
    </message>
    <message>
        <source>{count} of {total} units (dimmed) have not fired in this run</source>
        <translation>{count} von {total} Einheiten (blass) feuerten noch nie</translation>
    </message>
    <message>
        <source>all {total} units have fired in this run</source>
        <translation>alle {total} Einheiten haben in diesem Lauf gefeuert</translation>
    </message>
    <message>
        <source>none of the {total} units has fired in this run</source>
        <translation>keine der {total} Einheiten hat in diesem Lauf gefeuert</translation>
    </message>
    <message>
        <source>reading the kept pictures of this layer ...</source>
        <translation>gemerkte Bilder dieser Schicht werden gelesen ...</translation>
    </message>
    <message>
        <source>no pictures kept for this layer yet: g grows one, the Synthesis panel's menu renders the layer · edges: present maximum</source>
        <translation>noch keine Bilder dieser Schicht gemerkt: g lässt eines wachsen, das Menü der Synthese rendert die Schicht · Ränder: jetziges Maximum</translation>
    </message>
    <message>
        <source>kept pictures of what each unit wants</source>
        <translation>gemerkte Bilder von dem, was jede Einheit will</translation>
    </message>
    <message>
        <source>edges: present maximum</source>
        <translation>Ränder: jetziges Maximum</translation>
    </message>
    <message>
        <source>{count} values are not finite (magenta)</source>
        <translation>{count} Werte sind nicht endlich (magenta)</translation>
    </message>
    <message>
        <source>{layer} sees the whole input</source>
        <translation>{layer} sieht die ganze Eingabe</translation>
    </message>
    <message>
        <source>receptive field {height} × {width}</source>
        <translation>rezeptives Feld {height} × {width}</translation>
    </message>
    <message>
        <source>at {y},{x}</source>
        <translation>bei {y},{x}</translation>
    </message>
    <message>
        <source>(where the map is greatest)</source>
        <translation>(wo die Karte am größten ist)</translation>
    </message>
    <message>
        <source>photo where the unit is active</source>
        <translation>Foto, wo die Einheit aktiv ist</translation>
    </message>
    <message>
        <source>photo where the unit is inactive</source>
        <translation>Foto, wo die Einheit inaktiv ist</translation>
    </message>
    <message>
        <source>frame {number}</source>
        <translation>Bild {number}</translation>
    </message>
    <message>
        <source>made with {previous}, now {network} runs</source>
        <translation>mit {previous} gemacht, jetzt läuft {network}</translation>
    </message>
    <message>
        <source>of {unit}, no longer the selected unit</source>
        <translation>von {unit}, die nicht mehr gewählt ist</translation>
    </message>
    <message>
        <source>of frame {previous}, now {number}</source>
        <translation>von Bild {previous}, jetzt {number}</translation>
    </message>
    <message>
        <source>NaN (not a number)</source>
        <translation>NaN (keine Zahl)</translation>
    </message>
    <message>
        <source>infinity</source>
        <translation>unendlich</translation>
    </message>
    <message>
        <source>The network answered {parts}</source>
        <translation>Das Netz antwortete {parts}</translation>
    </message>
    <message>
        <source> and </source>
        <translation> und </translation>
    </message>
    <message>
        <source>{name} for {count} of {total} classes</source>
        <translation>{name} für {count} von {total} Klassen</translation>
    </message>
    <message>
        <source>the first {count} of {total} classes</source>
        <translation>die ersten {count} von {total} Klassen</translation>
    </message>
    <message>
        <source>true label: {name}</source>
        <translation>wahres Label: {name}</translation>
    </message>
    <message>
        <source>maximum, last {count} frame</source>
        <translation>Maximum, letztes {count} Bild</translation>
    </message>
    <message>
        <source>maximum, last {count} frames</source>
        <translation>Maximum, letzte {count} Bilder</translation>
    </message>
</context>
<context>
    <name>app/widgets/stale_mark</name>
    <message>
        <source>Stale: {reason}.</source>
        <translation>Veraltet: {reason}.</translation>
    </message>
</context>
<context>
    <name>app/widgets/strip_rendering</name>
    <message>
        <source>red: too much
blue: too little</source>
        <translation>rot: zu viel
blau: zu wenig</translation>
    </message>
    <message>
        <source>alive from {threshold:g}</source>
        <translation>lebt ab {threshold:g}</translation>
    </message>
</context>
<context>
    <name>app/widgets/strip_view</name>
    <message>
        <source>‹ {hidden_left} more</source>
        <translation>‹ {hidden_left} weitere</translation>
    </message>
    <message>
        <source>{hidden_right} more ›</source>
        <translation>{hidden_right} weitere ›</translation>
    </message>
    <message>
        <source>Strip of steps</source>
        <translation>Streifen der Schritte</translation>
    </message>
</context>
<context>
    <name>core/formatting</name>
    <message>
        <source>not a number</source>
        <translation>keine Zahl</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
</context>
<context>
    <name>engine/engine</name>
    <message>
        <source>{reason}; what is to be saved there is saved after that.</source>
        <translation>{reason}; was dort gespeichert werden soll, wird danach gespeichert.</translation>
    </message>
    <message>
        <source>The network did not stop within a second; its thread was left behind. Choose a network or a unit to go on.</source>
        <translation>Das Netz hielt nicht binnen einer Sekunde an; sein Thread blieb zurück. Ein Netz oder eine Einheit wählen, dann geht es weiter.</translation>
    </message>
    <message>
        <source>Another process kept the library busy: not saved were {count} pictures of the network before.</source>
        <translation>Ein anderer Prozess hielt die Bibliothek besetzt: {count} Bilder des Netzes davor wurden nicht gespeichert.</translation>
    </message>
    <message>
        <source>The pass was cancelled; the next frame starts a new one.</source>
        <translation>Der Durchlauf wurde abgebrochen; das nächste Bild beginnt einen neuen.</translation>
    </message>
</context>
<context>
    <name>lenses/activation_map/storage</name>
    <message>
        <source>No map can be kept in {folder}: it cannot be written to.</source>
        <translation>In {folder} kann keine Karte liegen: Der Ordner ist nicht beschreibbar.</translation>
    </message>
    <message>
        <source>No map can be kept in {folder}: {error}.</source>
        <translation>In {folder} kann keine Karte liegen: {error}.</translation>
    </message>
    <message>
        <source>There is no map of {network} yet: fit one with `dnnvis fit-map`, or in the window with "Fit a map".</source>
        <translation>Von {network} gibt es noch keine Karte: `dnnvis fit-map` macht eine, im Fenster „Karte anpassen“.</translation>
    </message>
    <message>
        <source>There is no map {map_file}.</source>
        <translation>Eine Karte {map_file} gibt es nicht.</translation>
    </message>
    <message>
        <source>{source} is a map of other weights than those of {network}.</source>
        <translation>{source} ist eine Karte anderer Gewichte als derer von {network}.</translation>
    </message>
    <message>
        <source>The map cannot be put into {folder}: {error}.</source>
        <translation>Die Karte kann nicht nach {folder} gelegt werden: {error}.</translation>
    </message>
</context>
<context>
    <name>lenses/ascent/lens</name>
    <message>
        <source>Between what? {objective} has {count} terms, not two.</source>
        <translation>Zwischen was? {objective} hat {count} Glieder, nicht zwei.</translation>
    </message>
    <message>
        <source>The preset starts from a picture ({title}); give one.</source>
        <translation>Das Preset beginnt mit einem Bild ({title}); eines angeben.</translation>
    </message>
    <message>
        <source>Nothing was gained: {objective} never rose above where it began. Try another seed, or start from the frame.</source>
        <translation>Nichts wurde gewonnen: {objective} stieg nie über seinen Anfang. Einen anderen Seed versuchen, oder mit dem Bild der Quelle beginnen.</translation>
    </message>
    <message>
        <source>what {objective} wants to see; {title} ({source}), {step} steps</source>
        <translation>was {objective} sehen will; {title} ({source}), {step} Schritte</translation>
    </message>
    <message>
        <source>; no pictures were scanned, so the spectrum is a power law</source>
        <translation>; keine Bilder wurden gescannt, das Spektrum ist also ein Potenzgesetz</translation>
    </message>
    <message>
        <source>; of the preset, a board takes steps, start and aim only</source>
        <translation>; ein Spielfeld nimmt vom Preset nur Schritte, Anfang und Ziel</translation>
    </message>
    <message>
        <source>; faint, so it is drawn with more contrast</source>
        <translation>; blass, also mit mehr Kontrast gezeichnet</translation>
    </message>
</context>
<context>
    <name>lenses/attribution</name>
    <message>
        <source>{name} has no layer before its classes' own.</source>
        <translation>{name} hat keine Schicht vor der seiner Klassen.</translation>
    </message>
    <message>
        <source>activation x gradient of {unit}, summed over each map of {layer}: {total} in all, of {logit}</source>
        <translation>Aktivierung x Gradient von {unit}, über jede Karte von {layer} summiert: zusammen {total}, von {logit}</translation>
    </message>
    <message>
        <source>{layer} has no gradient, so nothing speaks for {unit}.</source>
        <translation>{layer} hat keinen Gradienten, also spricht nichts für {unit}.</translation>
    </message>
</context>
<context>
    <name>lenses/backward</name>
    <message>
        <source>{layer} does not lie before {target}: nothing arrives there.</source>
        <translation>{layer} liegt nicht vor {target}: Dort kommt nichts an.</translation>
    </message>
    <message>
        <source>{to} is worked out beside the network's own pass, so no signal of {layer} goes through it; choose {owner}.</source>
        <translation>{to} wird neben dem eigenen Durchlauf des Netzes berechnet, also geht kein Signal von {layer} hindurch; {owner} wählen.</translation>
    </message>
    <message>
        <source>{unit} lies outside: that call gave {channels} maps of {height} x {width}.</source>
        <translation>{unit} liegt außerhalb: Dieser Aufruf ergab {channels} Karten von {height} x {width}.</translation>
    </message>
    <message>
        <source>{listed} passed unchanged</source>
        <translation>{listed} unverändert durchlaufen</translation>
    </message>
    <message>
        <source>{count} rectifiers ({kinds})</source>
        <translation>{count} Rectifier ({kinds})</translation>
    </message>
    <message>
        <source>1 rectifier ({kinds})</source>
        <translation>1 Rectifier ({kinds})</translation>
    </message>
    <message>
        <source>no rectifier was found on the way back, so this equals the plain gradient</source>
        <translation>auf dem Rückweg fand sich kein Rectifier, dies ist also der einfache Gradient</translation>
    </message>
    <message>
        <source>, extension of the rule beyond ReLU</source>
        <translation>, Erweiterung der Regel über ReLU hinaus</translation>
    </message>
    <message>
        <source>{layer} does not depend on the picture in a way that has a gradient (it was computed on constants, or detached), so nothing can be sent back from it.</source>
        <translation>{layer} hängt nicht so vom Bild ab, dass es einen Gradienten gibt (aus Konstanten berechnet, oder abgetrennt); von dort kann nichts zurückgesendet werden.</translation>
    </message>
    <message>
        <source>A part of this network is closed ({part}): its rectifiers cannot be reached, so this view is not to be had.</source>
        <translation>Ein Teil dieses Netzes ist verschlossen ({part}): Seine Rectifier sind nicht erreichbar, diese Ansicht gibt es also nicht.</translation>
    </message>
    <message>
        <source>its own activation</source>
        <translation>ihrer eigenen Aktivierung</translation>
    </message>
    <message>
        <source>, at {to}</source>
        <translation>, bei {to}</translation>
    </message>
    <message>
        <source>{title} of {unit}, from {start}{at}</source>
        <translation>{title} von {unit}, ab {start}{at}</translation>
    </message>
    <message>
        <source>a part of a map was changed in place; a rectifier hidden there was not bent</source>
        <translation>ein Teil einer Karte wurde an Ort und Stelle geändert; ein dort verborgener Rectifier wurde nicht angepasst</translation>
    </message>
    <message>
        <source>a part on the way passes no gradient (a quantized one, say) and is left out</source>
        <translation>ein Teil auf dem Weg lässt keinen Gradienten durch (etwa ein quantisierter) und fehlt</translation>
    </message>
    <message>
        <source>exactly zero everywhere, since the unit's own activation is zero</source>
        <translation>überall genau null, denn die eigene Aktivierung der Einheit ist null</translation>
    </message>
    <message>
        <source>not finite: the network's weights or activations hold NaN or infinity</source>
        <translation>nicht endlich: Gewichte oder Aktivierungen des Netzes enthalten NaN oder Unendlich</translation>
    </message>
    <message>
        <source>exactly zero everywhere: nothing of the signal passes the layers on the way back</source>
        <translation>überall genau null: Nichts vom Signal kommt durch die Schichten auf dem Rückweg</translation>
    </message>
</context>
<context>
    <name>lenses/examples</name>
    <message>
        <source>{count:,} pictures</source>
        <translation>{count:,} Bildern</translation>
    </message>
    <message>
        <source>The library holds no examples for this network yet</source>
        <translation>Die Bibliothek hat noch keine Beispiele für dieses Netz</translation>
    </message>
    <message>
        <source>No pictures were looked through for this network yet; {hint}.</source>
        <translation>Für dieses Netz wurden noch keine Bilder durchgesehen; {hint}.</translation>
    </message>
    <message>
        <source>{layer} was not among the layers that were looked through</source>
        <translation>{layer} war nicht unter den durchgesehenen Schichten</translation>
    </message>
    <message>
        <source>{unit} is above 0 on none of them</source>
        <translation>{unit} liegt auf keinem davon über 0</translation>
    </message>
    <message>
        <source>{count} frames of the last {seconds} of {source}</source>
        <translation>{count} Bildern der letzten {seconds} von {source}</translation>
    </message>
    <message>
        <source>Nothing of the running source is remembered yet; switch its memory on, and let it run for a while.</source>
        <translation>Von der laufenden Quelle ist noch nichts im Gedächtnis; es einschalten, und sie eine Weile laufen lassen.</translation>
    </message>
    <message>
        <source>{minutes:.0f} min</source>
        <translation>{minutes:.0f} min</translation>
    </message>
    <message>
        <source>scan a folder (the ⋯ of this card), or run `dnnvis scan {name} --data FOLDER`</source>
        <translation>einen Ordner scannen (das ⋯ dieses Bereichs), oder `dnnvis scan {name} --data FOLDER` aufrufen</translation>
    </message>
    <message>
        <source> (at the layer's last call)</source>
        <translation> (beim letzten Aufruf der Schicht)</translation>
    </message>
    <message>
        <source>{end} {statistic} of {unit} among {among}</source>
        <translation>{end} {statistic} von {unit} unter {among}</translation>
    </message>
    <message>
        <source>smallest</source>
        <translation>kleinstes</translation>
    </message>
    <message>
        <source>largest</source>
        <translation>größtes</translation>
    </message>
    <message>
        <source>maximum</source>
        <translation>Maximum</translation>
    </message>
    <message>
        <source>1 picture holds all {places} best places</source>
        <translation>1 Bild hat alle {places} besten Stellen</translation>
    </message>
    <message>
        <source>{pictures} pictures hold all {places} best places</source>
        <translation>{pictures} Bilder haben alle {places} besten Stellen</translation>
    </message>
</context>
<context>
    <name>lenses/inversion/lens</name>
    <message>
        <source>A layer is inverted as it is: write {target}.</source>
        <translation>Eine Schicht wird invertiert, wie sie ist: {target} schreiben.</translation>
    </message>
    <message>
        <source>what {layer}{call} knows of the frame; normalised error {error:.3g}</source>
        <translation>was {layer}{call} vom Bild weiß; normierter Fehler {error:.3g}</translation>
    </message>
    <message>
        <source>; {preset}, {steps} steps</source>
        <translation>; {preset}, {steps} Schritte</translation>
    </message>
    <message>
        <source>, taken {factor:g} times smaller since the loss ran away</source>
        <translation>, {factor:g}-mal kleiner genommen, seit der Loss davonlief</translation>
    </message>
</context>
<context>
    <name>lenses/patterns</name>
    <message>
        <source>No picture of a unit of {layer} was kept yet; press Keep in the synthesis panel, or run `dnnvis render`.</source>
        <translation>Noch kein Bild einer Einheit von {layer} wurde gemerkt; in der Synthese auf Merken drücken, oder `dnnvis render` aufrufen.</translation>
    </message>
    <message>
        <source>{count} of {units} units of {layer} have a kept picture.</source>
        <translation>{count} von {units} Einheiten von {layer} haben ein gemerktes Bild.</translation>
    </message>
</context>
<context>
    <name>lenses/statistics</name>
    <message>
        <source>scan a folder in the Examples panel, or run `dnnvis scan {name} --data FOLDER`</source>
        <translation>im Bereich Beispiele einen Ordner scannen, oder `dnnvis scan {name} --data FOLDER` aufrufen</translation>
    </message>
    <message>
        <source>The library knows no pictures for this network yet; {hint}.</source>
        <translation>Die Bibliothek kennt noch keine Bilder für dieses Netz; {hint}.</translation>
    </message>
    <message>
        <source>{layer} was not among the layers that were looked through; {hint}.</source>
        <translation>{layer} war nicht unter den durchgesehenen Schichten; {hint}.</translation>
    </message>
    <message>
        <source>{count:,} pictures of {sources}</source>
        <translation>{count:,} Bildern aus {sources}</translation>
    </message>
    <message>
        <source>the library</source>
        <translation>der Bibliothek</translation>
    </message>
    <message>
        <source>{layer} has {count:,} units, too many to correlate.</source>
        <translation>{layer} hat {count:,} Einheiten, zu viele zum Korrelieren.</translation>
    </message>
    <message>
        <source>This library holds no correlations; scan a folder of your own for them.</source>
        <translation>Diese Bibliothek hat keine Korrelationen; dafür einen eigenen Ordner scannen.</translation>
    </message>
    <message>
        <source>No pictures were looked through yet; {hint}.</source>
        <translation>Noch keine Bilder wurden durchgesehen; {hint}.</translation>
    </message>
</context>
<context>
    <name>lenses/wiring</name>
    <message>
        <source>Click a place of the unit's map to see what its value is made of.</source>
        <translation>Eine Stelle der Karte der Einheit anklicken, um zu sehen, woraus ihr Wert besteht.</translation>
    </message>
    <message>
        <source>The convolution sees {count} pieces of the picture at once, so that no place of its map stands for one of them.</source>
        <translation>Die Faltung sieht {count} Stücke des Bildes auf einmal, keine Stelle ihrer Karte steht also für eines davon.</translation>
    </message>
    <message>
        <source>The maps of {layer} are not those that the convolution computed.</source>
        <translation>Die Karten von {layer} sind nicht die, die die Faltung berechnet hat.</translation>
    </message>
</context>
<context>
    <name>session/map_selection</name>
    <message>
        <source>The pictures of this map are not kept: there is nothing to play.</source>
        <translation>Die Bilder dieser Karte wurden nicht behalten: Es gibt nichts abzuspielen.</translation>
    </message>
    <message>
        <source>No pictures were picked; pick some examples on the map first.</source>
        <translation>Keine Bilder sind gewählt; zuerst Beispiele auf der Karte wählen.</translation>
    </message>
    <message>
        <source>No boards were picked; pick some examples on the map first.</source>
        <translation>Keine Spielfelder sind gewählt; zuerst Beispiele auf der Karte wählen.</translation>
    </message>
</context>
<context>
    <name>session/plan_for</name>
    <message>
        <source>{target} lies outside: {layer} is {shape}, called {calls}x.</source>
        <translation>{target} liegt außerhalb: {layer} ist {shape}, {calls}x aufgerufen.</translation>
    </message>
</context>
<context>
    <name>session/step_text</name>
    <message>
        <source>settings of {part}</source>
        <translation>Einstellungen: {part}</translation>
    </message>
    <message>
        <source>open {name}</source>
        <translation>{name} öffnen</translation>
    </message>
    <message>
        <source>pin the origin</source>
        <translation>Ursprung festhalten</translation>
    </message>
    <message>
        <source>follow the selection</source>
        <translation>der Auswahl folgen</translation>
    </message>
    <message>
        <source>call {number}</source>
        <translation>Aufruf {number}</translation>
    </message>
    <message>
        <source>select unit {number}</source>
        <translation>Einheit {number} wählen</translation>
    </message>
    <message>
        <source>select nothing</source>
        <translation>nichts wählen</translation>
    </message>
    <message>
        <source>layer {name}</source>
        <translation>Schicht {name}</translation>
    </message>
    <message>
        <source>select class {number}</source>
        <translation>Klasse {number} wählen</translation>
    </message>
    <message>
        <source>select a position</source>
        <translation>eine Stelle wählen</translation>
    </message>
    <message>
        <source>a board</source>
        <translation>ein Spielfeld</translation>
    </message>
    <message>
        <source>method {name}</source>
        <translation>Methode {name}</translation>
    </message>
    <message>
        <source>view {name}</source>
        <translation>Darstellung {name}</translation>
    </message>
    <message>
        <source>gradient at {layer}</source>
        <translation>Gradient bei {layer}</translation>
    </message>
    <message>
        <source>show a panel</source>
        <translation>einen Bereich zeigen</translation>
    </message>
    <message>
        <source>how a backward pass starts</source>
        <translation>wie ein Rückwärtslauf beginnt</translation>
    </message>
    <message>
        <source>under the mouse</source>
        <translation>unter der Maus</translation>
    </message>
    <message>
        <source>Click a place: the unit of the layer on show that is strongest there is selected.</source>
        <translation>Auf eine Stelle klicken: Die Einheit der gezeigten Schicht, die dort am stärksten ist, wird ausgewählt.</translation>
    </message>
    <message>
        <source>The picture goes in as {how}</source>
        <translation>Das Bild geht hinein als {how}</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>Rauschen</translation>
    </message>
    <message>
        <source>Attack</source>
        <translation>Angriff</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Learning</source>
        <translation>Lernen</translation>
    </message>
    <message>
        <source>What was picked, and what lives where the mouse is</source>
        <translation>Was ausgewählt wurde, und was dort liegt, wo die Maus ist</translation>
    </message>
    <message>
        <source>All units, sorted by the class that they work for</source>
        <translation>Alle Einheiten, geordnet nach der Klasse, für die sie arbeiten</translation>
    </message>
    <message>
        <source>Noisy copies of the present frame</source>
        <translation>Verrauschte Kopien dieses Bildes</translation>
    </message>
    <message>
        <source>The present frame attacked towards each class</source>
        <translation>Dieses Bild, zu jeder Klasse hin angegriffen</translation>
    </message>
    <message>
        <source>How far the estimated error tells right from wrong</source>
        <translation>Wie gut der geschätzte Fehler richtig von falsch trennt</translation>
    </message>
    <message>
        <source>Hidden states over the training</source>
        <translation>Verborgene Zustände im Lauf des Trainings</translation>
    </message>
    <message>
        <source>Pictures of {unit} are read ...</source>
        <translation>Bilder von {unit} werden gelesen ...</translation>
    </message>
    <message>
        <source>No picture of {unit} is kept yet. Select it and let its picture grow to the end; it stands here then.</source>
        <translation>Von {unit} ist noch kein Bild aufbewahrt. Wählen Sie die Einheit und lassen Sie ihr Bild zu Ende wachsen; dann steht es hier.</translation>
    </message>
    <message>
        <source>hold the picture or let it go on</source>
        <translation>Bild anhalten oder weiterlaufen lassen</translation>
    </message>
    <message>
        <source>theme {}</source>
        <translation>Farbschema {}</translation>
    </message>
    <message>
        <source>size of the letters</source>
        <translation>Größe der Schrift</translation>
    </message>
    <message>
        <source>go to another picture</source>
        <translation>zu einem anderen Bild gehen</translation>
    </message>
    <message>
        <source>Open a network with a map</source>
        <translation>Ein Netz mit einer Karte öffnen</translation>
    </message>
    <message>
        <source>net2-cifar10, whose map of 10 classes of photographs ships with the program</source>
        <translation>net2-cifar10, dessen Karte von 10 Klassen von Fotos zum Programm gehört</translation>
    </message>
    <message>
        <source>one per picture</source>
        <translation>eines je Bild</translation>
    </message>
    <message>
        <source>Each picture once, with the place that the unit likes most</source>
        <translation>Jedes Bild einmal, mit der Stelle, die der Einheit am meisten gefällt</translation>
    </message>
    <message>
        <source>places of one picture</source>
        <translation>Stellen eines Bildes</translation>
    </message>
    <message>
        <source>1 edit:</source>
        <translation>1 Eingriff:</translation>
    </message>
    <message>
        <source>1 edit: {listed}</source>
        <translation>1 Eingriff: {listed}</translation>
    </message>
    <message>
        <source>Another edit</source>
        <translation>Noch ein Eingriff</translation>
    </message>
    <message>
        <source>Edit …</source>
        <translation>Eingriff …</translation>
    </message>
    <message>
        <source>Edits</source>
        <translation>Eingriffe</translation>
    </message>
    <message>
        <source>Hold: off</source>
        <translation>Halten: aus</translation>
    </message>
    <message>
        <source>On or off: {title}</source>
        <translation>An oder aus: {title}</translation>
    </message>
    <message>
        <source>Remove all</source>
        <translation>Alle entfernen</translation>
    </message>
    <message>
        <source>Remove edit</source>
        <translation>Eingriff entfernen</translation>
    </message>
    <message>
        <source>Remove this edit</source>
        <translation>Diesen Eingriff entfernen</translation>
    </message>
    <message>
        <source>Switch off</source>
        <translation>Ausschalten</translation>
    </message>
    <message>
        <source>The network as it is again</source>
        <translation>Das Netz wieder, wie es ist</translation>
    </message>
    <message>
        <source>Without effect, for its layer did not run: {titles}</source>
        <translation>Ohne Wirkung, denn die Schicht lief nicht: {titles}</translation>
    </message>
    <message>
        <source>change what a layer returns</source>
        <translation>ändern, was eine Schicht liefert</translation>
    </message>
    <message>
        <source>conv4[5] = 0</source>
        <translation>conv4[5] = 0</translation>
    </message>
    <message>
        <source>conv4[5] = 0 switches a unit off; conv5 *= 1.5, conv4[5] = mean, conv4[5]@3,4 = 2, cell[3]#1 = 0, conv4[5] &lt;-&gt; conv4[7] do what they say. Enter adds it</source>
        <translation>conv4[5] = 0 schaltet eine Einheit aus; conv5 *= 1.5, conv4[5] = mean (ihr Mittel), conv4[5]@3,4 = 2, cell[3]#1 = 0, conv4[5] &lt;-&gt; conv4[7] tun, was dasteht. Eingabe fügt es hinzu</translation>
    </message>
    <message>
        <source>edits of the network</source>
        <translation>Eingriffe ins Netz</translation>
    </message>
    <message>
        <source>edits on or off</source>
        <translation>Eingriffe an oder aus</translation>
    </message>
    <message>
        <source>held: {title}</source>
        <translation>gehalten: {title}</translation>
    </message>
    <message>
        <source>the unit is off while held</source>
        <translation>die Einheit ist aus, solange gehalten</translation>
    </message>
    <message>
        <source>the unit, or on again</source>
        <translation>die Einheit, oder wieder an</translation>
    </message>
    <message>
        <source>thin bars: an edit ago</source>
        <translation>dünne Balken: vor dem letzten Eingriff</translation>
    </message>
    <message>
        <source>thin bars: without the edits</source>
        <translation>dünne Balken: ohne die Eingriffe</translation>
    </message>
    <message>
        <source>thin bars: without the edits, {seconds:.1f} s ago</source>
        <translation>dünne Balken: ohne die Eingriffe, vor {seconds:.1f} s</translation>
    </message>
    <message>
        <source>{count} edits, {more} of them not listed:</source>
        <translation>{count} Eingriffe, {more} davon nicht aufgeführt:</translation>
    </message>
    <message>
        <source>{count} edits:</source>
        <translation>{count} Eingriffe:</translation>
    </message>
    <message>
        <source>{count} edits: {listed}</source>
        <translation>{count} Eingriffe: {listed}</translation>
    </message>
    <message>
        <source>A board is painted cell by cell: its pictures are not changed.</source>
        <translation>Ein Brett wird Zelle für Zelle gemalt: Seine Bilder werden nicht verändert.</translation>
    </message>
    <message>
        <source>As they are</source>
        <translation>Wie sie sind</translation>
    </message>
    <message>
        <source>Change pictures …</source>
        <translation>Bilder verändern …</translation>
    </message>
    <message>
        <source>Change the pictures</source>
        <translation>Bilder verändern</translation>
    </message>
    <message>
        <source>Measure again</source>
        <translation>Neu messen</translation>
    </message>
    <message>
        <source>No unit is selected: click one in the mosaic.</source>
        <translation>Keine Einheit ist gewählt: eine im Mosaik anklicken.</translation>
    </message>
    <message>
        <source>Pictures are shown to the network ...</source>
        <translation>Dem Netz werden Bilder gezeigt ...</translation>
    </message>
    <message>
        <source>Pictures go to the network unchanged</source>
        <translation>Bilder gehen unverändert ins Netz</translation>
    </message>
    <message>
        <source>Though a curve is kept</source>
        <translation>Obwohl eine Kurve aufbewahrt ist</translation>
    </message>
    <message>
        <source>Tuning curve</source>
        <translation>Tuningkurve</translation>
    </message>
    <message>
        <source>Unchanged pictures</source>
        <translation>Unveränderte Bilder</translation>
    </message>
    <message>
        <source>bars, gratings, dots, hues</source>
        <translation>Balken, Gitter, Punkte, Farbtöne</translation>
    </message>
    <message>
        <source>center {low}, rim {high}</source>
        <translation>Mitte {low}, Rand {high}</translation>
    </message>
    <message>
        <source>change the pictures</source>
        <translation>die Bilder verändern</translation>
    </message>
    <message>
        <source>kept {created}</source>
        <translation>aufbewahrt {created}</translation>
    </message>
    <message>
        <source>noise, blur, turns …</source>
        <translation>Rauschen, Unschärfe, Drehung …</translation>
    </message>
    <message>
        <source>pictures: {changes}</source>
        <translation>Bilder: {changes}</translation>
    </message>
    <message>
        <source>the tuning curve</source>
        <translation>die Tuningkurve</translation>
    </message>
    <message>
        <source>with the edits that are on</source>
        <translation>mit den Eingriffen, die an sind</translation>
    </message>
    <message>
        <source>{percent} % measured</source>
        <translation>{percent} % gemessen</translation>
    </message>
    <message>
        <source>Budget of a recording</source>
        <translation>Obergrenze einer Aufnahme</translation>
    </message>
    <message>
        <source>Film of the panel …</source>
        <translation>Film der Tafel …</translation>
    </message>
    <message>
        <source>Film of the window …</source>
        <translation>Film des Fensters …</translation>
    </message>
    <message>
        <source>Filming {name}; the same entry ends it</source>
        <translation>{name} wird gefilmt; derselbe Eintrag beendet es</translation>
    </message>
    <message>
        <source>Last seconds</source>
        <translation>Letzte Sekunden</translation>
    </message>
    <message>
        <source>Last seconds in memory</source>
        <translation>Letzte Sekunden im Speicher</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <source>Loop the last seconds</source>
        <translation>Letzte Sekunden als Schleife</translation>
    </message>
    <message>
        <source>Nothing can be recorded here.</source>
        <translation>Hier kann nichts aufgenommen werden.</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>Aufnehmen</translation>
    </message>
    <message>
        <source>Record frames on disk, or stop (Alt+R)</source>
        <translation>Bilder auf der Platte aufnehmen oder damit aufhören (Alt+R)</translation>
    </message>
    <message>
        <source>Save last seconds …</source>
        <translation>Letzte Sekunden speichern …</translation>
    </message>
    <message>
        <source>The last seconds over and over (Alt+L)</source>
        <translation>Die letzten Sekunden immer wieder (Alt+L)</translation>
    </message>
    <message>
        <source>The last seconds: drag back to see them again</source>
        <translation>Die letzten Sekunden: zurückziehen, um sie noch einmal zu sehen</translation>
    </message>
    <message>
        <source>There is nothing to see of what is to be filmed; show it first.</source>
        <translation>Von dem, was gefilmt werden soll, ist nichts zu sehen; zuerst zeigen.</translation>
    </message>
    <message>
        <source>film, GIF, arrays</source>
        <translation>Film, GIF, Zahlen</translation>
    </message>
    <message>
        <source>for five seconds</source>
        <translation>fünf Sekunden lang</translation>
    </message>
    <message>
        <source>frames on disk, or stop</source>
        <translation>Bilder auf der Platte, oder aufhören</translation>
    </message>
    <message>
        <source>last {seconds:.0f} s, {size:.0f} MB</source>
        <translation>letzte {seconds:.0f} s, {size:.0f} MB</translation>
    </message>
    <message>
        <source>recording {seconds:.0f} s, {size:,.0f} of {budget:,.0f} MB</source>
        <translation>Aufnahme {seconds:.0f} s, {size:,.0f} von {budget:,.0f} MB</translation>
    </message>
    <message>
        <source>the last seconds, over and over</source>
        <translation>die letzten Sekunden, immer wieder</translation>
    </message>
    <message>
        <source>{count:,} pictures of the film were left out</source>
        <translation>{count:,} Bilder des Films wurden ausgelassen</translation>
    </message>
    <message>
        <source>{frames:,} frames of the last seconds are in memory, {with_maps:,} of them with the layers on show; the budget is {budget:.0f} MB (menu Source).</source>
        <translation>{frames:,} Bilder der letzten Sekunden sind im Speicher, {with_maps:,} davon mit den gezeigten Schichten; die Obergrenze ist {budget:.0f} MB (Menü Quelle).</translation>
    </message>
    <message>
        <source>{name} has {frames:,} frames ({size:,.0f} MB)</source>
        <translation>{name} hat {frames:,} Bilder ({size:,.0f} MB)</translation>
    </message>
    <message>
        <source>{seconds:.1f} s ago</source>
        <translation>vor {seconds:.1f} s</translation>
    </message>
    <message>
        <source>{size:,} MB</source>
        <translation>{size:,} MB</translation>
    </message>
    <message>
        <source>{text}, {count:,} frames left out</source>
        <translation>{text}, {count:,} Bilder ausgelassen</translation>
    </message>
    <message>
        <source>Film (*.mp4 *.mkv *.avi);;Animated picture (*.gif);;Arrays (*.npz);;Recording (*.dnnrec)</source>
        <translation>Film (*.mp4 *.mkv *.avi);;Bewegtes Bild (*.gif);;Zahlen (*.npz);;Aufnahme (*.dnnrec)</translation>
    </message>
    <message>
        <source>Film (*.mp4 *.mkv *.avi);;Animated picture (*.gif)</source>
        <translation>Film (*.mp4 *.mkv *.avi);;Bewegtes Bild (*.gif)</translation>
    </message>
    <message>
        <source>A file of weights ...</source>
        <translation>Eine Datei mit Gewichten ...</translation>
    </message>
    <message>
        <source>Answers of both networks</source>
        <translation>Antworten beider Netze</translation>
    </message>
    <message>
        <source>Both are the same network: choose another to compare with.</source>
        <translation>Beide sind dasselbe Netz: Wähle ein anderes zum Vergleich.</translation>
    </message>
    <message>
        <source>CKA of each layer with each</source>
        <translation>CKA jeder Schicht mit jeder</translation>
    </message>
    <message>
        <source>CKA of each layer with each, over recent frames; 1: the same up to rotation</source>
        <translation>CKA jeder Schicht mit jeder über die letzten Bilder; 1: gleich bis auf Drehung</translation>
    </message>
    <message>
        <source>Choose a second network: Compare with, here or in the menu Network. It runs on the same frames as the first.</source>
        <translation>Wähle ein zweites Netz: Vergleichen mit, hier oder im Menü Netz. Es läuft auf denselben Bildern wie das erste.</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>Compare with</source>
        <translation>Vergleichen mit</translation>
    </message>
    <message>
        <source>Compare with other edits</source>
        <translation>Mit anderen Eingriffen vergleichen</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>Edits of the second network, with semicolons between them:</source>
        <translation>Eingriffe in das zweite Netz, durch Strichpunkte getrennt:</translation>
    </message>
    <message>
        <source>Frames on which they disagree</source>
        <translation>Bilder, bei denen sie sich widersprechen</translation>
    </message>
    <message>
        <source>Frames on which they disagree are collected here; a click holds one.</source>
        <translation>Bilder, bei denen sie sich widersprechen, werden hier gesammelt; ein Klick hält eines fest.</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>Nichts</translation>
    </message>
    <message>
        <source>Running the second network ...</source>
        <translation>Das zweite Netz läuft an ...</translation>
    </message>
    <message>
        <source>The layer on show has no counterpart that ran on this frame.</source>
        <translation>Zur gezeigten Schicht gibt es keine, die auf diesem Bild lief.</translation>
    </message>
    <message>
        <source>The second network cannot be run: {reason}</source>
        <translation>Das zweite Netz kann nicht laufen: {reason}</translation>
    </message>
    <message>
        <source>Their inputs differ: each network gets the picture its own way.</source>
        <translation>Ihre Eingaben sind verschieden: Jedes Netz bekommt das Bild auf seine Art.</translation>
    </message>
    <message>
        <source>There is no difference of maps: their sizes differ.</source>
        <translation>Es gibt keine Differenz der Karten: Ihre Größen sind verschieden.</translation>
    </message>
    <message>
        <source>They agree: {first}</source>
        <translation>Sie stimmen überein: {first}</translation>
    </message>
    <message>
        <source>They disagree: {first} / {second}</source>
        <translation>Sie widersprechen sich: {first} / {second}</translation>
    </message>
    <message>
        <source>This network at a moment of its training</source>
        <translation>Dieses Netz in einem Moment seines Trainings</translation>
    </message>
    <message>
        <source>This network, with other edits ...</source>
        <translation>Dieses Netz mit anderen Eingriffen ...</translation>
    </message>
    <message>
        <source>This network, without edits</source>
        <translation>Dieses Netz ohne Eingriffe</translation>
    </message>
    <message>
        <source>Units are matched, and layers compared, once there are a few frames more.</source>
        <translation>Einheiten werden gepaart und Schichten verglichen, sobald einige Bilder mehr da sind.</translation>
    </message>
    <message>
        <source>Units of the first network</source>
        <translation>Einheiten des ersten Netzes</translation>
    </message>
    <message>
        <source>Units of the second network</source>
        <translation>Einheiten des zweiten Netzes</translation>
    </message>
    <message>
        <source>at the same depth</source>
        <translation>in derselben Tiefe</translation>
    </message>
    <message>
        <source>compare</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>compare with another network</source>
        <translation>mit einem anderen Netz vergleichen</translation>
    </message>
    <message>
        <source>step {step}</source>
        <translation>Schritt {step}</translation>
    </message>
    <message>
        <source>the layer of the same name</source>
        <translation>die Schicht desselben Namens</translation>
    </message>
    <message>
        <source>the most similar, CKA {value}</source>
        <translation>die ähnlichste, CKA {value}</translation>
    </message>
    <message>
        <source>the second network's maps less those of the first, pair by pair</source>
        <translation>die Karten des zweiten Netzes minus die des ersten, Paar für Paar</translation>
    </message>
    <message>
        <source>unit {number} has no partner</source>
        <translation>Einheit {number} hat keinen Partner</translation>
    </message>
    <message>
        <source>with a second network, and back</source>
        <translation>mit einem zweiten Netz, und zurück</translation>
    </message>
    <message>
        <source>{first} beside {second}</source>
        <translation>{first} neben {second}</translation>
    </message>
    <message>
        <source>{first} with {second}: CKA {value} over {frames} frames</source>
        <translation>{first} mit {second}: CKA {value} über {frames} Bilder</translation>
    </message>
    <message>
        <source>{layer} beside {partner} ({reason})</source>
        <translation>{layer} neben {partner} ({reason})</translation>
    </message>
    <message>
        <source>{count} cells alive</source>
        <translation>{count} lebende Zellen</translation>
    </message>
    <message>
        <source>{name} predicts boards, the other does not</source>
        <translation>{name} sagt Bretter vorher, das andere nicht</translation>
    </message>
    <message>
        <source>not both answer with one of several classes</source>
        <translation>nicht beide antworten mit einer von mehreren Klassen</translation>
    </message>
    <message>
        <source>{first} has {count} classes and {second} {other}, and not both name them</source>
        <translation>{first} hat {count} Klassen und {second} {other}, und nicht beide benennen sie</translation>
    </message>
    <message>
        <source>Not both networks name their classes: they are compared by number.</source>
        <translation>Nicht beide Netze benennen ihre Klassen: Sie werden nach der Nummer verglichen.</translation>
    </message>
    <message>
        <source>{first} and {second} have no class in common</source>
        <translation>{first} und {second} haben keine Klasse gemeinsam</translation>
    </message>
    <message>
        <source>Their classes differ: {missing} of {first} are none of {second}, and {only} the other way round; an answer that the other does not have counts as a disagreement.</source>
        <translation>Ihre Klassen sind verschieden: {missing} von {first} hat {second} nicht, und {only} umgekehrt; eine Antwort, die das andere nicht hat, gilt als Widerspruch.</translation>
    </message>
    <message>
        <source>Their answers cannot be compared: {reason}.</source>
        <translation>Ihre Antworten sind nicht vergleichbar: {reason}.</translation>
    </message>
    <message>
        <source>The network beside a second one on the same frames: units that do the same side by side, the answers of both, and how similar each layer is to each (CKA, 0 to 1).</source>
        <translation>Das Netz neben einem zweiten auf denselben Bildern: Einheiten, die dasselbe tun, nebeneinander, die Antworten beider, und wie ähnlich jede Schicht jeder ist (CKA, 0 bis 1).</translation>
    </message>
    <message>
        <source>; exactly zero everywhere: no map of that layer speaks for the unit</source>
        <translation>; überall genau null: keine Karte dieser Schicht spricht für die Einheit</translation>
    </message>
    <message>
        <source>; exactly zero everywhere: no patch changes the unit</source>
        <translation>; überall genau null: kein Fleck ändert die Einheit</translation>
    </message>
    <message>
        <source>; not finite: the network's weights or activations hold NaN or infinity</source>
        <translation>; nicht endlich: Gewichte oder Aktivierungen des Netzes enthalten NaN oder Unendlich</translation>
    </message>
    <message>
        <source>Its order of pixels is better than random in both curves</source>
        <translation>Seine Reihenfolge der Pixel ist in beiden Kurven besser als Zufall</translation>
    </message>
    <message>
        <source>Its order of pixels is better than random in one curve only</source>
        <translation>Seine Reihenfolge der Pixel ist nur in einer Kurve besser als Zufall</translation>
    </message>
    <message>
        <source>Its order of pixels is no better than random</source>
        <translation>Seine Reihenfolge der Pixel ist nicht besser als Zufall</translation>
    </message>
    <message>
        <source>LayerCAM of {unit} at {layer}: positive gradients x activations, added over its {count} maps of {grid}, stretched to the picture</source>
        <translation>LayerCAM von {unit} bei {layer}: positive Gradienten x Aktivierungen, summiert über die {count} Karten von {grid}, auf das Bild gestreckt</translation>
    </message>
    <message>
        <source>No layer with positions lies before {layer}.</source>
        <translation>Vor {layer} liegt keine Schicht mit Positionen.</translation>
    </message>
    <message>
        <source>Nothing of {unit} arrives at the layers before it: name one of its own way.</source>
        <translation>Nichts von {unit} kommt bei den Schichten davor an: Nennen Sie eine auf seinem eigenen Weg.</translation>
    </message>
    <message>
        <source>The network cannot be copied, so its weights are not shuffled.</source>
        <translation>Das Netz lässt sich nicht kopieren, also werden seine Gewichte nicht gemischt.</translation>
    </message>
    <message>
        <source>The picture of {unit} is exactly zero everywhere: there is no order of pixels to test.</source>
        <translation>Das Bild von {unit} ist überall genau null: Es gibt keine Reihenfolge der Pixel zu prüfen.</translation>
    </message>
    <message>
        <source>This network has no weights that could be shuffled.</source>
        <translation>Dieses Netz hat keine Gewichte, die man mischen könnte.</translation>
    </message>
    <message>
        <source>adds up to {total} of the {gain} that it gains: completeness error {error}{share}</source>
        <translation>summiert sich zu {total} von den {gain}, die sie gewinnt: Fehler der Vollständigkeit {error}{share}</translation>
    </message>
    <message>
        <source>black (0)</source>
        <translation>Schwarz (0)</translation>
    </message>
    <message>
        <source>dead cells</source>
        <translation>tote Zellen</translation>
    </message>
    <message>
        <source>gray (0.5)</source>
        <translation>Grau (0,5)</translation>
    </message>
    <message>
        <source>how far {unit} falls when {size} x {size} pixels are hidden by {fill}, every {stride}; mean of the patches over a pixel; {value} on the whole picture; {done} of {count} patches</source>
        <translation>wie weit {unit} fällt, wenn {size} x {size} Pixel verdeckt sind, alle {stride}, durch: {fill}; Mittel der Flecken über einem Pixel; {value} auf dem ganzen Bild; {done} von {count} Flecken</translation>
    </message>
    <message>
        <source>integrated gradients of {unit} from {baseline}, {done} of {steps} steps</source>
        <translation>integrierte Gradienten von {unit} ab {baseline}, {done} von {steps} Schritten</translation>
    </message>
    <message>
        <source>on shuffled weights it is another picture (rank correlation {value:.2f})</source>
        <translation>mit gemischten Gewichten ist es ein anderes Bild (Rangkorrelation {value:.2f})</translation>
    </message>
    <message>
        <source>on shuffled weights it is much the same picture (rank correlation {value:.2f}): it shows the frame rather than what was learned</source>
        <translation>mit gemischten Gewichten ist es fast dasselbe Bild (Rangkorrelation {value:.2f}): Es zeigt eher das Eingangsbild als das Gelernte</translation>
    </message>
    <message>
        <source>on shuffled weights there is no picture to compare it with</source>
        <translation>mit gemischten Gewichten gibt es kein Bild zum Vergleich</translation>
    </message>
    <message>
        <source>probability of {unit}</source>
        <translation>Wahrscheinlichkeit von {unit}</translation>
    </message>
    <message>
        <source>the blurred picture (sigma {sigma:.3g} pixels)</source>
        <translation>das weichgezeichnete Bild (Sigma {sigma:.3g} Pixel)</translation>
    </message>
    <message>
        <source>the picture's mean color ({color})</source>
        <translation>die mittlere Farbe des Bilds ({color})</translation>
    </message>
    <message>
        <source>value of {unit}</source>
        <translation>Wert von {unit}</translation>
    </message>
    <message>
        <source>{layer} has no positions: choose a layer with maps.</source>
        <translation>{layer} hat keine Positionen: Wählen Sie eine Schicht mit Karten.</translation>
    </message>
    <message>
        <source>{measured}: pixels deleted to {deleted}, inserted into {inserted}, in the order of {lens}; control in random order, squares of {grain} pixels; weights shuffled from the last layer on</source>
        <translation>{measured}: Pixel gelöscht ({deleted}) und eingefügt (in: {inserted}), in der Reihenfolge von {lens}; zum Vergleich zufällige Reihenfolge, Quadrate von {grain} Pixeln; Gewichte von der letzten Schicht an gemischt</translation>
    </message>
    <message>
        <source>{unit} (mean of its map)</source>
        <translation>{unit} (Mittel ihrer Karte)</translation>
    </message>
    <message>
        <source>, whose activations moved by {percent:.0f} %</source>
        <translation>, deren Aktivierungen sich um {percent:.0f} % bewegt haben</translation>
    </message>
    <message>
        <source>; starts from the frame and is held to it at {layer} (weight {weight:g})</source>
        <translation>; beginnt beim Eingangsbild und wird bei {layer} daran gehalten (Gewicht {weight:g})</translation>
    </message>
    <message>
        <source>A patch hides the picture, place after place; bright where the unit falls when it does. A pass for each place.</source>
        <translation>Ein Fleck verdeckt das Bild, Stelle für Stelle; hell, wo die Einheit dabei fällt. Ein Durchlauf für jede Stelle.</translation>
    </message>
    <message>
        <source>Deletion and insertion curve</source>
        <translation>Kurven von Löschen und Einfügen</translation>
    </message>
    <message>
        <source>Deletion and insertion curve, and the same lens on shuffled weights: many passes on the present frame. Press again to end it</source>
        <translation>Kurven von Löschen und Einfügen, und dieselbe Linse mit gemischten Gewichten: viele Durchläufe auf dem jetzigen Bild. Ein zweiter Druck beendet es</translation>
    </message>
    <message>
        <source>Deletion and insertion: pixels vanish, or appear, in the picture's order, beside a random one (Petsiuk et al. 2018). And the same lens on shuffled weights: a picture that stays much the same shows the frame, not what was learned.</source>
        <translation>Löschen und Einfügen: Pixel verschwinden oder erscheinen in der Reihenfolge des Bilds, neben einer zufälligen (Petsiuk et al. 2018). Und dieselbe Linse mit gemischten Gewichten: Ein Bild, das fast dasselbe bleibt, zeigt die Eingabe, nicht das Gelernte.</translation>
    </message>
    <message>
        <source>Gradients added up on the way from black, gray or a blurred picture to this one, times the way: they add up to what the unit gains on it, but for the error that is stated.</source>
        <translation>Gradienten, summiert auf dem Weg von Schwarz, Grau oder einem weichgezeichneten Bild zu diesem, mal den Weg: Zusammen ergeben sie, was die Einheit darauf gewinnt, bis auf den genannten Fehler.</translation>
    </message>
    <message>
        <source>Hidden by</source>
        <translation>Verdeckt durch</translation>
    </message>
    <message>
        <source>How the unit changes as pixels are deleted, or inserted, from 0 to all of them. Strong: in the picture's order; thin: in random order. The area stands above.</source>
        <translation>Wie sich die Einheit ändert, während Pixel gelöscht oder eingefügt werden, von 0 bis zu allen. Stark: in der Reihenfolge des Bilds; dünn: in zufälliger. Die Fläche steht darüber.</translation>
    </message>
    <message>
        <source>Integrated gradients</source>
        <translation>Integrierte Gradienten</translation>
    </message>
    <message>
        <source>LayerCAM</source>
        <translation>LayerCAM</translation>
    </message>
    <message>
        <source>Look at this frame</source>
        <translation>Dieses Bild ansehen</translation>
    </message>
    <message>
        <source>Occlusion</source>
        <translation>Verdeckung</translation>
    </message>
    <message>
        <source>Put it to the test</source>
        <translation>Auf die Probe stellen</translation>
    </message>
    <message>
        <source>Side of the patch, moved by half of it</source>
        <translation>Seite des Flecks, der um die Hälfte weiterrückt</translation>
    </message>
    <message>
        <source>Way begins at</source>
        <translation>Weg beginnt bei</translation>
    </message>
    <message>
        <source>Weight of the distance to the frame, measured by what both do at an inner layer: the stronger, the nearer what grows stays to the frame.</source>
        <translation>Gewicht des Abstands zum Eingangsbild, gemessen an dem, was beide in einer inneren Schicht tun: je stärker, desto näher bleibt das Wachsende am Eingangsbild.</translation>
    </message>
    <message>
        <source>Where a layer's maps speak for the unit: its activations times their positive gradients, added up over the maps and stretched to the picture.</source>
        <translation>Wo die Karten einer Schicht für die Einheit sprechen: ihre Aktivierungen mal deren positive Gradienten, summiert über die Karten und auf das Bild gestreckt.</translation>
    </message>
    <message>
        <source>at the last map</source>
        <translation>bei der letzten Karte</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>auto</translation>
    </message>
    <message>
        <source>deletion</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>insertion</source>
        <translation>Einfügen</translation>
    </message>
    <message>
        <source>last {layers} of {of} layers shuffled: rank correlation {spearman:.2f}, SSIM {ssim:.2f}</source>
        <translation>letzte {layers} von {of} Schichten gemischt: Rangkorrelation {spearman:.2f}, SSIM {ssim:.2f}</translation>
    </message>
    <message>
        <source>testing: {percent:.0f} %</source>
        <translation>wird geprüft: {percent:.0f} %</translation>
    </message>
    <message>
        <source>A sweep runs the network as it is, without the edits of the strip.</source>
        <translation>Ein Durchlauf nimmt das Netz, wie es ist, ohne die Änderungen der Leiste.</translation>
    </message>
    <message>
        <source>Begin, or go on where the same sweep was stopped</source>
        <translation>Beginnen, oder fortsetzen, wo derselbe Durchlauf angehalten wurde</translation>
    </message>
    <message>
        <source>End the sweep; the same sweep goes on another time</source>
        <translation>Den Durchlauf beenden; derselbe geht ein andermal weiter</translation>
    </message>
    <message>
        <source>Layer {layer}</source>
        <translation>Schicht {layer}</translation>
    </message>
    <message>
        <source>Measured</source>
        <translation>Gemessen</translation>
    </message>
    <message>
        <source>No edit is on: there is no difference to the network as it is.</source>
        <translation>Keine Änderung ist an: Es gibt keinen Unterschied zum Netz, wie es ist.</translation>
    </message>
    <message>
        <source>No frame has run yet; start a source, or choose a data set.</source>
        <translation>Noch ist kein Bild gelaufen; eine Quelle starten oder einen Datensatz wählen.</translation>
    </message>
    <message>
        <source>Off is</source>
        <translation>Aus heißt</translation>
    </message>
    <message>
        <source>Off: {effect} of {measure}, over {count} pictures; number {rank} of {total} by harm</source>
        <translation>Aus: {effect} bei {measure}, über {count} Bilder; Nummer {rank} von {total} nach Schaden</translation>
    </message>
    <message>
        <source>Order the mosaic by effect</source>
        <translation>Das Mosaik nach Wirkung ordnen</translation>
    </message>
    <message>
        <source>Path of the pictures</source>
        <translation>Pfad der Bilder</translation>
    </message>
    <message>
        <source>Pictures at most</source>
        <translation>Höchstens so viele Bilder</translation>
    </message>
    <message>
        <source>Pictures of the sweep</source>
        <translation>Bilder des Durchlaufs</translation>
    </message>
    <message>
        <source>Say on which pictures the units are switched off.</source>
        <translation>Angeben, auf welchen Bildern die Einheiten ausgeschaltet werden.</translation>
    </message>
    <message>
        <source>Select the unit that is to be measured.</source>
        <translation>Die Einheit auswählen, die gemessen werden soll.</translation>
    </message>
    <message>
        <source>Sweep</source>
        <translation>Durchlauf</translation>
    </message>
    <message>
        <source>Sweep of a layer</source>
        <translation>Durchlauf einer Schicht</translation>
    </message>
    <message>
        <source>Sweep …</source>
        <translation>Durchlauf …</translation>
    </message>
    <message>
        <source>The mosaic shows what the edits change in the layer on show</source>
        <translation>Das Mosaik zeigt, was die Änderungen in der gezeigten Schicht bewirken</translation>
    </message>
    <message>
        <source>The network as it is has not been run on a frame yet; the difference follows.</source>
        <translation>Das Netz, wie es ist, lief noch auf keinem Bild; der Unterschied folgt.</translation>
    </message>
    <message>
        <source>The share of right answers where the pictures have labels, else of those that stay the network's own; or the mean of the selected unit</source>
        <translation>Der Anteil richtiger Antworten, wo die Bilder Klassen haben, sonst der gleichbleibenden Antworten; oder der Mittelwert der gewählten Einheit</translation>
    </message>
    <message>
        <source>The unit whose loss hurts most first, where a sweep has measured it (Ctrl+Shift+E)</source>
        <translation>Zuerst die Einheit, deren Ausfall am meisten schadet, wo ein Durchlauf das gemessen hat (Ctrl+Shift+E)</translation>
    </message>
    <message>
        <source>The unit whose loss hurts most stands first</source>
        <translation>Die Einheit, deren Ausfall am meisten schadet, steht vorn</translation>
    </message>
    <message>
        <source>Units by effect</source>
        <translation>Einheiten nach Wirkung</translation>
    </message>
    <message>
        <source>What an off unit is set to</source>
        <translation>Worauf eine ausgeschaltete Einheit gesetzt wird</translation>
    </message>
    <message>
        <source>What is measured</source>
        <translation>Was gemessen wird</translation>
    </message>
    <message>
        <source>a data set</source>
        <translation>ein Datensatz</translation>
    </message>
    <message>
        <source>accuracy</source>
        <translation>Genauigkeit</translation>
    </message>
    <message>
        <source>agreement</source>
        <translation>Übereinstimmung</translation>
    </message>
    <message>
        <source>accuracy {percent:.1f} %</source>
        <translation>Genauigkeit {percent:.1f} %</translation>
    </message>
    <message>
        <source>agreement with the network's own answers {percent:.1f} %</source>
        <translation>Übereinstimmung mit den eigenen Antworten des Netzes {percent:.1f} %</translation>
    </message>
    <message>
        <source>by effect</source>
        <translation>nach Wirkung</translation>
    </message>
    <message>
        <source>difference</source>
        <translation>Unterschied</translation>
    </message>
    <message>
        <source>edited minus unedited, frame {number}: red more, blue less</source>
        <translation>geändert minus ungeändert, Bild {number}: rot mehr, blau weniger</translation>
    </message>
    <message>
        <source>effect when off</source>
        <translation>Wirkung, wenn aus</translation>
    </message>
    <message>
        <source>fires on</source>
        <translation>aktiv auf</translation>
    </message>
    <message>
        <source>its mean</source>
        <translation>ihr Mittelwert</translation>
    </message>
    <message>
        <source>mean of {unit} {value:.4g}</source>
        <translation>Mittelwert von {unit} {value:.4g}</translation>
    </message>
    <message>
        <source>no sweep of this layer yet: the strongest first (Ctrl+Shift+E sweeps it)</source>
        <translation>noch kein Durchlauf dieser Schicht: die stärkste zuerst (Ctrl+Shift+E macht einen)</translation>
    </message>
    <message>
        <source>right answers</source>
        <translation>richtige Antworten</translation>
    </message>
    <message>
        <source>switch each unit of the layer off</source>
        <translation>jede Einheit der Schicht ausschalten</translation>
    </message>
    <message>
        <source>the last frames</source>
        <translation>die letzten Bilder</translation>
    </message>
    <message>
        <source>the most harmful loss first: {measure}, {count} pictures</source>
        <translation>der schädlichste Ausfall zuerst: {measure}, {count} Bilder</translation>
    </message>
    <message>
        <source>the selected unit</source>
        <translation>die gewählte Einheit</translation>
    </message>
    <message>
        <source>unit</source>
        <translation>Einheit</translation>
    </message>
    <message>
        <source>zero</source>
        <translation>null</translation>
    </message>
    <message>
        <source>{count} further units are not listed.</source>
        <translation>{count} weitere Einheiten stehen nicht in der Liste.</translation>
    </message>
    <message>
        <source>{effect:+.2f} points</source>
        <translation>{effect:+.2f} Punkte</translation>
    </message>
    <message>
        <source>{layer}: {measure}.</source>
        <translation>{layer}: {measure}.</translation>
    </message>
    <message>
        <source>{value} with all units on, over {count} pictures</source>
        <translation>{value} mit allen Einheiten an, über {count} Bilder</translation>
    </message>
    <message>
        <source>Standard deviation of Gaussian noise, for pixels in 0 to 1</source>
        <translation>Standardabweichung des Gaußschen Rauschens, für Bildpunkte von 0 bis 1</translation>
    </message>
    <message>
        <source>Standard deviation of a Gaussian blur, as a share of the shorter side</source>
        <translation>Standardabweichung einer Gaußschen Unschärfe, als Anteil der kürzeren Seite</translation>
    </message>
    <message>
        <source>Factor of each pixel's distance from gray</source>
        <translation>Faktor des Abstands jedes Bildpunkts von Grau</translation>
    </message>
    <message>
        <source>What is added to each pixel, for pixels in 0 to 1</source>
        <translation>Was zu jedem Bildpunkt addiert wird, für Bildpunkte von 0 bis 1</translation>
    </message>
    <message>
        <source>Degrees, counter-clockwise</source>
        <translation>Grad, gegen den Uhrzeigersinn</translation>
    </message>
    <message>
        <source>Shift to the right, as a share of the width</source>
        <translation>Verschiebung nach rechts, als Anteil der Breite</translation>
    </message>
    <message>
        <source>Shift down, as a share of the height</source>
        <translation>Verschiebung nach unten, als Anteil der Höhe</translation>
    </message>
    <message>
        <source>Factor of the size, about the center</source>
        <translation>Faktor der Größe, um die Mitte</translation>
    </message>
    <message>
        <source>Side of a gray square, as a share of the shorter side; 0: none</source>
        <translation>Seite eines grauen Quadrats, als Anteil der kürzeren Seite; 0: keines</translation>
    </message>
    <message>
        <source>Center of the square, as a share of the width</source>
        <translation>Mitte des Quadrats, als Anteil der Breite</translation>
    </message>
    <message>
        <source>Center of the square, as a share of the height</source>
        <translation>Mitte des Quadrats, als Anteil der Höhe</translation>
    </message>
    <message>
        <source>What covers a part of the picture: gray, its mean, or its blur</source>
        <translation>Was einen Teil des Bildes verdeckt: Grau, sein Mittel oder seine Unschärfe</translation>
    </message>
    <message>
        <source>The picture from which the gradients are added up</source>
        <translation>Das Bild, von dem an die Gradienten summiert werden</translation>
    </message>
    <message>
        <source>The frames that were on show last, or a folder or data set</source>
        <translation>Die zuletzt gezeigten Bilder, oder ein Ordner oder Datensatz</translation>
    </message>
    <message>
        <source>A folder of pictures, one folder a class for labels, or a data set</source>
        <translation>Ein Ordner mit Bildern, für Klassen je ein Ordner, oder ein Datensatz</translation>
    </message>
    <message>
        <source>More pictures take longer and leave less to chance</source>
        <translation>Mehr Bilder dauern länger und überlassen weniger dem Zufall</translation>
    </message>
    <message>
        <source>Zero, or the unit's mean over the same pictures</source>
        <translation>Null, oder das Mittel der Einheit über dieselben Bilder</translation>
    </message>
    <message>
        <source>Bars by angle, gratings by angle and width, dots by size, or hues</source>
        <translation>Balken nach Winkel, Gitter nach Winkel und Breite, Punkte nach Größe, oder Farbtöne</translation>
    </message>
    <message>
        <source>A second network that sees the same frames</source>
        <translation>Ein zweites Netz, das dieselben Bilder sieht</translation>
    </message>
    <message>
        <source>Large patches are quick and coarse; auto: an eighth of the side</source>
        <translation>Große Flecken sind schnell und grob; auto: ein Achtel der Seite</translation>
    </message>
    <message>
        <source>Blur</source>
        <translation>Unschärfe</translation>
    </message>
    <message>
        <source>Brightness</source>
        <translation>Helligkeit</translation>
    </message>
    <message>
        <source>Rotation</source>
        <translation>Drehung</translation>
    </message>
    <message>
        <source>To the right</source>
        <translation>Nach rechts</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>Vergrößerung</translation>
    </message>
    <message>
        <source>Occluder</source>
        <translation>Abdeckung</translation>
    </message>
    <message>
        <source>Occluder from the left</source>
        <translation>Abdeckung von links</translation>
    </message>
    <message>
        <source>Occluder from the top</source>
        <translation>Abdeckung von oben</translation>
    </message>
    <message>
        <source>Being swept: {layer}.</source>
        <translation>Gerade wird {layer} durchgegangen.</translation>
    </message>
    <message>
        <source>Frames at hand: {count}.</source>
        <translation>Vorhandene Bilder: {count}.</translation>
    </message>
    <message>
        <source>It responds to all of these pictures alike so far: {value}</source>
        <translation>Bisher antwortet es auf alle diese Bilder gleich: {value}</translation>
    </message>
    <message>
        <source>The gradient is exactly zero here: nothing in this frame moves {unit} while these edits are on: {edits}.</source>
        <translation>Der Gradient ist hier genau null: Nichts in diesem Bild bewegt {unit}, solange diese Eingriffe an sind: {edits}.</translation>
    </message>
    <message>
        <source>The units are listed here, those whose loss hurts most first.</source>
        <translation>Hier stehen dann die Einheiten, die mit dem schädlichsten Verlust zuerst.</translation>
    </message>
    <message>
        <source>angle (degrees)</source>
        <translation>Winkel (Grad)</translation>
    </message>
    <message>
        <source>angle {value:.3g}°</source>
        <translation>Winkel {value:.3g}°</translation>
    </message>
    <message>
        <source>bars</source>
        <translation>Balken</translation>
    </message>
    <message>
        <source>blur {blur:.1f} %</source>
        <translation>Unschärfe {blur:.1f} %</translation>
    </message>
    <message>
        <source>brightness {brightness:+.2f}</source>
        <translation>Helligkeit {brightness:+.2f}</translation>
    </message>
    <message>
        <source>contrast x{contrast:.2f}</source>
        <translation>Kontrast x{contrast:.2f}</translation>
    </message>
    <message>
        <source>dark on gray</source>
        <translation>dunkel auf Grau</translation>
    </message>
    <message>
        <source>diameter (pixels)</source>
        <translation>Durchmesser (Pixel)</translation>
    </message>
    <message>
        <source>diameter {value:.3g} pixels</source>
        <translation>Durchmesser {value:.3g} Pixel</translation>
    </message>
    <message>
        <source>gratings</source>
        <translation>Gitter</translation>
    </message>
    <message>
        <source>hue (degrees)</source>
        <translation>Farbton (Grad)</translation>
    </message>
    <message>
        <source>hue {value:.3g}°</source>
        <translation>Farbton {value:.3g}°</translation>
    </message>
    <message>
        <source>hues</source>
        <translation>Farbtöne</translation>
    </message>
    <message>
        <source>light on gray</source>
        <translation>hell auf Grau</translation>
    </message>
    <message>
        <source>most for {best}: {value} (gray: {baseline})</source>
        <translation>am meisten bei {best}: {value} (Grau: {baseline})</translation>
    </message>
    <message>
        <source>noise {noise:.2f}</source>
        <translation>Rauschen {noise:.2f}</translation>
    </message>
    <message>
        <source>occluder {occluder:.0f} %</source>
        <translation>Abdeckung {occluder:.0f} %</translation>
    </message>
    <message>
        <source>selectivity {strength:.2f} around {preferred:.0f}°</source>
        <translation>Selektivität {strength:.2f} um {preferred:.0f}°</translation>
    </message>
    <message>
        <source>shifted {shift_x:+.0f} %, {shift_y:+.0f} %</source>
        <translation>verschoben {shift_x:+.0f} %, {shift_y:+.0f} %</translation>
    </message>
    <message>
        <source>turned {rotation:.0f}°</source>
        <translation>gedreht um {rotation:.0f}°</translation>
    </message>
    <message>
        <source>width {value:.3g} pixels</source>
        <translation>Breite {value:.3g} Pixel</translation>
    </message>
    <message>
        <source>zoom x{zoom:.2f}</source>
        <translation>Zoom x{zoom:.2f}</translation>
    </message>
    <message>
        <source>{value:.3g} cycles per pixel</source>
        <translation>{value:.3g} Perioden pro Pixel</translation>
    </message>
    <message>
        <source>Downward</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>{own} (random {control})</source>
        <translation>{own} (zufällig {control})</translation>
    </message>
    <message>
        <source>last {layers} of {of} layers shuffled: no picture</source>
        <translation>letzte {layers} von {of} Ebenen gemischt: kein Bild</translation>
    </message>
    <message>
        <source>The answers are not paired, class by class; the last line says why.</source>
        <translation>Die Antworten sind nicht Klasse für Klasse gepaart; die letzte Zeile sagt, warum.</translation>
    </message>
    <message>
        <source>Frames on which they disagree are collected where their answers can be compared.</source>
        <translation>Bilder, bei denen sie sich widersprechen, werden gesammelt, wo ihre Antworten vergleichbar sind.</translation>
    </message>
    <message>
        <source>{target} off</source>
        <translation>{target} aus</translation>
    </message>
    <message>
        <source>value there</source>
        <translation>Wert dort</translation>
    </message>
    <message>
        <source>greatest value in the middle of the map</source>
        <translation>größter Wert in der Mitte der Karte</translation>
    </message>
    <message>
        <source>, mean over 4 phases</source>
        <translation>, Mittel über 4 Phasen</translation>
    </message>
    <message>
        <source>, mean of dark and light</source>
        <translation>, Mittel aus dunkel und hell</translation>
    </message>
    <message>
        <source>{kind}: {where}{over}; background gray 0.5</source>
        <translation>{kind}: {where}{over}; Hintergrund grau 0,5</translation>
    </message>
    <message>
        <source>edited minus unedited, frame {number}: red more, blue less; rounding left out</source>
        <translation>geändert minus ungeändert, Bild {number}: rot mehr, blau weniger; ohne Rundung</translation>
    </message>
    <message>
        <source>Layers of the same shape: {pairs}.</source>
        <translation>Schichten gleicher Form: {pairs}.</translation>
    </message>
    <message>
        <source>{name} has no place on this map: the map is made of {layer} ({shape}, called {calls}x), and no layer of {name} is like it.</source>
        <translation>{name} hat keinen Ort auf dieser Karte: sie ist aus {layer} gemacht ({shape}, {calls}x aufgerufen), und keine Schicht von {name} gleicht ihr.</translation>
    </message>
    <message>
        <source>No second cross. {reason}</source>
        <translation>Kein zweites Kreuz. {reason}</translation>
    </message>
    <message>
        <source>White cross +: {first}; green cross ×: {second}, as if its units were those of {first}</source>
        <translation>Weißes Kreuz +: {first}; grünes Kreuz ×: {second}, als wären seine Einheiten die von {first}</translation>
    </message>
    <message>
        <source>{target}: a whole attention head is switched off, or scaled.</source>
        <translation>{target}: Ein Attention-Kopf wird als Ganzes abgeschaltet oder skaliert.</translation>
    </message>
    <message>
        <source>{target}: a gate or state inside of {owner} cannot be edited; edit {owner}, its hidden state.</source>
        <translation>{target}: Ein Gate oder Zustand im Innern von {owner} lässt sich nicht ändern; ändern Sie {owner}, seinen verborgenen Zustand.</translation>
    </message>
    <message>
        <source>second cross</source>
        <translation>zweites Kreuz</translation>
    </message>
    <message>
        <source>Of the network that is compared with, which runs on for it</source>
        <translation>Des Netzes, mit dem verglichen wird; es läuft dafür weiter</translation>
    </message>
    <message>
        <source>
the strongest of about {rows} x {columns} weights</source>
        <translation>
das stärkste von etwa {rows} x {columns} Gewichten</translation>
    </message>
    <message>
        <source> at {y},{x}</source>
        <translation> bei {y},{x}</translation>
    </message>
    <message>
        <source>, before {names}</source>
        <translation>, vor {names}</translation>
    </message>
    <message>
        <source>, through {names}</source>
        <translation>, durch {names}</translation>
    </message>
    <message>
        <source>, {names} folded in</source>
        <translation>, {names} eingerechnet</translation>
    </message>
    <message>
        <source>; a cell is a kernel of {size}: its norm, sign of its sum</source>
        <translation>; ein Feld ist ein Kern von {size}: seine Norm, Vorzeichen seiner Summe</translation>
    </message>
    <message>
        <source>; weights divided by the std of their color</source>
        <translation>; Gewichte durch die Streuung ihrer Farbe geteilt</translation>
    </message>
    <message>
        <source>A matrix of weights: a row a unit, a column an input; the area of a square is the size of a weight, its color the sign.</source>
        <translation>Eine Matrix von Gewichten: eine Zeile je Einheit, eine Spalte je Eingang; die Fläche eines Quadrats ist die Größe eines Gewichts, seine Farbe das Vorzeichen.</translation>
    </message>
    <message>
        <source>Fed by {count} · {by}</source>
        <translation>Gespeist von {count} · {by}</translation>
    </message>
    <message>
        <source>Feeds now</source>
        <translation>Speisung jetzt</translation>
    </message>
    <message>
        <source>Feeds {count} · {by}</source>
        <translation>Speist {count} · {by}</translation>
    </message>
    <message>
        <source>Feeds, weights</source>
        <translation>Speisung, Gewichte</translation>
    </message>
    <message>
        <source>Following the unit's connections ...</source>
        <translation>Die Verbindungen der Einheit werden verfolgt ...</translation>
    </message>
    <message>
        <source>Hinton</source>
        <translation>Hinton</translation>
    </message>
    <message>
        <source>Hinton, sorted</source>
        <translation>Hinton, sortiert</translation>
    </message>
    <message>
        <source>How many weights there are of each size</source>
        <translation>Wie viele Gewichte es von jeder Größe gibt</translation>
    </message>
    <message>
        <source>Kernels as tiles, the layer's weights as a Hinton diagram, or the units that feed the selected one, on this frame or by weights alone.</source>
        <translation>Kerne als Kacheln, die Gewichte der Schicht als Hinton-Diagramm, oder die Einheiten, die die gewählte speisen, auf diesem Bild oder nach Gewichten allein.</translation>
    </message>
    <message>
        <source>Select a unit to see which units feed it, and which it feeds.</source>
        <translation>Wählen Sie eine Einheit, um zu sehen, welche Einheiten sie speisen und welche sie speist.</translation>
    </message>
    <message>
        <source>The units of the layer before that add most to the selected one, and the units that it adds to: by weight x activation on this frame, or by weights alone. Batch norms are folded in; rectifiers, pooling and concatenation are followed through.</source>
        <translation>Die Einheiten der Schicht davor, die am meisten zur gewählten beitragen, und die, zu denen sie beiträgt: nach Gewicht x Aktivierung auf diesem Bild oder nach Gewichten allein. Batch-Normen sind eingerechnet; Gleichrichter, Pooling und Verkettung werden durchlaufen.</translation>
    </message>
    <message>
        <source>Weights of the layer as a matrix</source>
        <translation>Gewichte der Schicht als Matrix</translation>
    </message>
    <message>
        <source>What feeds the unit, and what it feeds</source>
        <translation>Was die Einheit speist und was sie speist</translation>
    </message>
    <message>
        <source>What of the weights</source>
        <translation>Was von den Gewichten</translation>
    </message>
    <message>
        <source>adds on this frame</source>
        <translation>Beitrag auf diesem Bild</translation>
    </message>
    <message>
        <source>adds {value} on this frame</source>
        <translation>trägt auf diesem Bild {value} bei</translation>
    </message>
    <message>
        <source>area = size, white +, black -; where there is no room, red + and blue -</source>
        <translation>Fläche = Größe, weiß +, schwarz -; wo kein Platz ist, rot + und blau -</translation>
    </message>
    <message>
        <source>as the part between is on this frame</source>
        <translation>wie der Teil dazwischen auf diesem Bild ist</translation>
    </message>
    <message>
        <source>channel {number}</source>
        <translation>Kanal {number}</translation>
    </message>
    <message>
        <source>click to go to it; Alt+← comes back</source>
        <translation>Klick führt hin, Alt+← zurück</translation>
    </message>
    <message>
        <source>dead (norm below 1e-6 of the median): {units}</source>
        <translation>tot (Norm unter 1e-6 des Medians): {units}</translation>
    </message>
    <message>
        <source>dense: a weight for each of {size} pixels</source>
        <translation>dicht: ein Gewicht für jedes von {size} Pixeln</translation>
    </message>
    <message>
        <source>duplicates (cosine 0.999 or more): {pairs}</source>
        <translation>Doppelte (Kosinus 0,999 oder mehr): {pairs}</translation>
    </message>
    <message>
        <source>expanded weights through everything between: the derivative of the unit, {mode}</source>
        <translation>erweiterte Gewichte durch alles dazwischen: die Ableitung der Einheit, {mode}</translation>
    </message>
    <message>
        <source>expanded weights through {names}, which is no single matrix: the derivative of the unit, {mode}</source>
        <translation>erweiterte Gewichte durch {names}, was keine einzelne Matrix ist: die Ableitung der Einheit, {mode}</translation>
    </message>
    <message>
        <source>fed by {names}; feeds {others}</source>
        <translation>gespeist von {names}; speist {others}</translation>
    </message>
    <message>
        <source>input {number}</source>
        <translation>Eingang {number}</translation>
    </message>
    <message>
        <source>never above 0 on {count:,} pictures: {units}</source>
        <translation>nie über 0 auf {count:,} Bildern: {units}</translation>
    </message>
    <message>
        <source>picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>ranked by weights alone: root of the sum of squares, sign of the sum</source>
        <translation>geordnet nach Gewichten allein: Wurzel der Quadratsumme, Vorzeichen der Summe</translation>
    </message>
    <message>
        <source>rectifiers as if they were the identity</source>
        <translation>Gleichrichter, als wären sie die Identität</translation>
    </message>
    <message>
        <source>weight</source>
        <translation>Gewicht</translation>
    </message>
    <message>
        <source>weight x activation{at}: {total} + bias {bias} = {computed}</source>
        <translation>Gewicht x Aktivierung{at}: {total} + Bias {bias} = {computed}</translation>
    </message>
    <message>
        <source>weight x activation{at}: {total} in all, of {computed}; the rest is biases and what is not linear</source>
        <translation>Gewicht x Aktivierung{at}: {total} zusammen, von {computed}; der Rest ist Bias und was nicht linear ist</translation>
    </message>
    <message>
        <source>weight {value}</source>
        <translation>Gewicht {value}</translation>
    </message>
    <message>
        <source>weights of {layer}</source>
        <translation>Gewichte von {layer}</translation>
    </message>
    <message>
        <source>{rows} units of {columns} inputs</source>
        <translation>{rows} Einheiten mit {columns} Eingängen</translation>
    </message>
    <message>
        <source>{layer} has more than {count:,} weights, too many for tiles; see them as a Hinton diagram.</source>
        <translation>{layer} hat mehr als {count:,} Gewichte, zu viele für Kacheln; sehen Sie sie als Hinton-Diagramm an.</translation>
    </message>
    <message>
        <source> Its weights are a matrix: see them as a Hinton diagram.</source>
        <translation> Ihre Gewichte sind eine Matrix: sehen Sie sie als Hinton-Diagramm an.</translation>
    </message>
    <message>
        <source>Dissection of the network</source>
        <translation>Sezieren des Netzes</translation>
    </message>
    <message>
        <source>made by dnnvis</source>
        <translation>von dnnvis gemacht</translation>
    </message>
    <message>
        <source>a folder</source>
        <translation>ein Ordner</translation>
    </message>
    <message>
        <source>Concepts</source>
        <translation>Begriffe</translation>
    </message>
    <message>
        <source>Colors, stripes, textures ... with exact masks, or pictures and masks of your own</source>
        <translation>Farben, Streifen, Texturen ... mit genauen Masken, oder eigene Bilder und Masken</translation>
    </message>
    <message>
        <source>Path of the concepts</source>
        <translation>Pfad der Begriffe</translation>
    </message>
    <message>
        <source>A folder with images and masks, with JSON files of labelme, or a folder for each class</source>
        <translation>Ein Ordner mit images und masks, mit JSON-Dateien von labelme, oder ein Ordner je Klasse</translation>
    </message>
    <message>
        <source>Choose a folder of concepts</source>
        <translation>Einen Ordner mit Begriffen wählen</translation>
    </message>
    <message>
        <source>this layer</source>
        <translation>diese Schicht</translation>
    </message>
    <message>
        <source>all layers</source>
        <translation>alle Schichten</translation>
    </message>
    <message>
        <source>Layers to dissect</source>
        <translation>Zu sezierende Schichten</translation>
    </message>
    <message>
        <source>All layers take one pass, too, and little longer than one</source>
        <translation>Alle Schichten brauchen auch nur einen Durchlauf und kaum länger als eine</translation>
    </message>
    <message>
        <source>Control</source>
        <translation>Kontrolle</translation>
    </message>
    <message>
        <source>Dissect the same network with shuffled weights, too: chance level</source>
        <translation>Auch dasselbe Netz mit gemischten Gewichten sezieren: was Zufall ist</translation>
    </message>
    <message>
        <source>Maps to pixels</source>
        <translation>Karten auf Pixel</translation>
    </message>
    <message>
        <source>Bring each map to the pixels of the mask, as Bau et al. do, not the mask to the map; slower</source>
        <translation>Jede Karte auf die Pixel der Maske bringen wie Bau et al., nicht die Maske auf die Karte; langsamer</translation>
    </message>
    <message>
        <source>Dissect</source>
        <translation>Sezieren</translation>
    </message>
    <message>
        <source>Begin, or go on where the same dissection was stopped</source>
        <translation>Beginnen, oder weitermachen, wo dasselbe Sezieren angehalten wurde</translation>
    </message>
    <message>
        <source>End the dissection; the same one goes on another time</source>
        <translation>Das Sezieren beenden; dasselbe geht ein andermal weiter</translation>
    </message>
    <message>
        <source>Concepts of the layer</source>
        <translation>Begriffe der Schicht</translation>
    </message>
    <message>
        <source>concept</source>
        <translation>Begriff</translation>
    </message>
    <message>
        <source>units</source>
        <translation>Einheiten</translation>
    </message>
    <message>
        <source>shuffled weights</source>
        <translation>gemischte Gewichte</translation>
    </message>
    <message>
        <source>best unit</source>
        <translation>beste Einheit</translation>
    </message>
    <message>
        <source>Of</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Choose a folder of concepts, or have them made.</source>
        <translation>Wählen Sie einen Ordner mit Begriffen, oder lassen Sie sie machen.</translation>
    </message>
    <message>
        <source>Folder of concepts</source>
        <translation>Ordner mit Begriffen</translation>
    </message>
    <message>
        <source>A dissection runs the network as it is, without the edits of the strip.</source>
        <translation>Seziert wird das Netz, wie es ist, ohne die Eingriffe der Leiste.</translation>
    </message>
    <message>
        <source>This layer was not dissected yet.</source>
        <translation>Diese Schicht wurde noch nicht seziert.</translation>
    </message>
    <message>
        <source>{count} of {units} units detect a concept ({measure}, {pictures} pictures).</source>
        <translation>{count} von {units} Einheiten erkennen einen Begriff ({measure}, {pictures} Bilder).</translation>
    </message>
    <message>
        <source>{text} With shuffled weights: {count}.</source>
        <translation>{text} Mit gemischten Gewichten: {count}.</translation>
    </message>
    <message>
        <source>detects {concept}, {score}</source>
        <translation>erkennt {concept}, {score}</translation>
    </message>
    <message>
        <source>Detects none of the concepts (below {limit:.2f} {measure})</source>
        <translation>Erkennt keinen der Begriffe (unter {limit:.2f} {measure})</translation>
    </message>
    <message>
        <source>{text}; {same} of {units} units here do</source>
        <translation>{text}; {same} von {units} Einheiten hier tun das</translation>
    </message>
    <message>
        <source>{text}, {count} with shuffled weights</source>
        <translation>{text}, {count} mit gemischten Gewichten</translation>
    </message>
    <message>
        <source>Concepts: Enter selects a unit that detects one</source>
        <translation>Begriffe: Enter wählt eine Einheit aus, die einen erkennt</translation>
    </message>
    <message>
        <source>layer, unit, class, concept, note, action or file: fire9, 20, fire9 20, zebra ...</source>
        <translation>Schicht, Einheit, Klasse, Begriff, Notiz, Aktion oder Datei: fire9, 20, fire9 20, zebra ...</translation>
    </message>
    <message>
        <source>Dissection …</source>
        <translation>Sezieren …</translation>
    </message>
    <message>
        <source>name units by what they detect</source>
        <translation>Einheiten nach dem benennen, was sie erkennen</translation>
    </message>
    <message>
        <source>a layer, unit, class, concept</source>
        <translation>eine Schicht, Einheit, Klasse, einen Begriff</translation>
    </message>
    <message>
        <source>Activation atlas</source>
        <translation>Aktivierungs-Atlas</translation>
    </message>
    <message>
        <source>Atlas</source>
        <translation>Atlas</translation>
    </message>
    <message>
        <source>What the regions of a layer's activations look like, drawn</source>
        <translation>Wie die Gegenden der Aktivierungen einer Schicht aussehen, gezeichnet</translation>
    </message>
    <message>
        <source>What was seen in the region</source>
        <translation>Was in der Gegend gesehen wurde</translation>
    </message>
    <message>
        <source>Point at a picture: which classes it speaks for.</source>
        <translation>Auf ein Bild zeigen: für welche Klassen es spricht.</translation>
    </message>
    <message>
        <source>The atlas is not here yet: it is read with the first picture.</source>
        <translation>Der Atlas ist noch nicht da: er wird mit dem ersten Bild gelesen.</translation>
    </message>
    <message>
        <source>all classes</source>
        <translation>alle Klassen</translation>
    </message>
    <message>
        <source>{count:,} activations</source>
        <translation>{count:,} Aktivierungen</translation>
    </message>
    <message>
        <source> (the approximation is {percent:.0f} % off)</source>
        <translation> (die Näherung liegt um {percent:.0f} % daneben)</translation>
    </message>
    <message>
        <source>; every {step}th row and column was factored</source>
        <translation>; zerlegt wurde jede {step}. Zeile und Spalte</translation>
    </message>
    <message>
        <source>; importance for {target}: {name}, mean of {count} pictures</source>
        <translation>; Wichtigkeit für {target}: {name}, Mittel über {count} Bilder</translation>
    </message>
    <message>
        <source>; negative values are left out, {percent:.0f} % of the map's energy</source>
        <translation>; negative Werte bleiben weg, {percent:.0f} % der Energie der Karte</translation>
    </message>
    <message>
        <source>; {count} x {count} positions are averaged to one</source>
        <translation>; je {count} x {count} Orte sind zu einem gemittelt</translation>
    </message>
    <message>
        <source>Building blocks</source>
        <translation>Bausteine</translation>
    </message>
    <message>
        <source>Concepts, the most important first</source>
        <translation>Konzepte, das wichtigste zuerst</translation>
    </message>
    <message>
        <source>Draw again</source>
        <translation>Neu zeichnen</translation>
    </message>
    <message>
        <source>Each position as the picture that its activations ask for</source>
        <translation>Jeder Ort als das Bild, das seine Aktivierungen verlangen</translation>
    </message>
    <message>
        <source>Every value is zero or below: there is nothing to group.</source>
        <translation>Kein Wert liegt über null: Es gibt nichts zu gruppieren.</translation>
    </message>
    <message>
        <source>Groups</source>
        <translation>Gruppen</translation>
    </message>
    <message>
        <source>Groups over the frame</source>
        <translation>Gruppen über dem Bild</translation>
    </message>
    <message>
        <source>Groups, and what each wants to see</source>
        <translation>Gruppen, und was jede sehen will</translation>
    </message>
    <message>
        <source>Hold</source>
        <translation>Halten</translation>
    </message>
    <message>
        <source>How many groups the layer's channels form on this frame</source>
        <translation>Wie viele Gruppen die Kanäle der Schicht auf diesem Bild bilden</translation>
    </message>
    <message>
        <source>No concepts of {layer} are kept; run `dnnvis concepts {net} --data FOLDER --layer {layer}`.</source>
        <translation>Von {layer} sind keine Konzepte aufgehoben; rufen Sie `dnnvis concepts {net} --data FOLDER --layer {layer}` auf.</translation>
    </message>
    <message>
        <source>No layer is on show: choose one in the tree of layers.</source>
        <translation>Keine Schicht ist zu sehen: Wählen Sie eine im Baum der Schichten.</translation>
    </message>
    <message>
        <source>Only {rank} directions vary here, so there are at most {rank} groups; choose {rank} or fewer.</source>
        <translation>Nur {rank} Richtungen ändern sich hier, also gibt es höchstens {rank} Gruppen; wählen Sie {rank} oder weniger.</translation>
    </message>
    <message>
        <source>Pictures of positions need a picture to look at.</source>
        <translation>Bilder der Orte brauchen ein Bild zum Ansehen.</translation>
    </message>
    <message>
        <source>Positions</source>
        <translation>Orte</translation>
    </message>
    <message>
        <source>Read again</source>
        <translation>Neu lesen</translation>
    </message>
    <message>
        <source>Read the newest atlas of this network from disk</source>
        <translation>Den neuesten Atlas dieses Netzes von der Platte lesen</translation>
    </message>
    <message>
        <source>Class the atlas is shown for</source>
        <translation>Klasse, für die der Atlas gezeigt wird</translation>
    </message>
    <message>
        <source>Sobol {value:.2f}</source>
        <translation>Sobol {value:.2f}</translation>
    </message>
    <message>
        <source>The groups of {layer} appear with the next frame.</source>
        <translation>Die Gruppen von {layer} erscheinen mit dem nächsten Bild.</translation>
    </message>
    <message>
        <source>The groups stay as they are, in the library too; else they follow</source>
        <translation>Die Gruppen bleiben, wie sie sind, auch in der Bibliothek; sonst folgen sie dem Bild</translation>
    </message>
    <message>
        <source>The library is read ...</source>
        <translation>Die Bibliothek wird gelesen ...</translation>
    </message>
    <message>
        <source>The pictures can no longer be read.</source>
        <translation>Die Bilder lassen sich nicht mehr lesen.</translation>
    </message>
    <message>
        <source>The positions of the present frame</source>
        <translation>Die Orte des jetzigen Bildes</translation>
    </message>
    <message>
        <source>Votes</source>
        <translation>Stimmen</translation>
    </message>
    <message>
        <source>What each group adds to the class, by gradient x activation; point at the frame for a position's part</source>
        <translation>Was jede Gruppe zur Klasse beiträgt, als Gradient x Aktivierung; auf das Bild zeigen für den Teil einer Stelle</translation>
    </message>
    <message>
        <source>What the library holds by now</source>
        <translation>Was die Bibliothek inzwischen enthält</translation>
    </message>
    <message>
        <source>Where the concept is strongest</source>
        <translation>Wo das Konzept am stärksten ist</translation>
    </message>
    <message>
        <source>drop when taken out</source>
        <translation>Abfall, wenn es fehlt</translation>
    </message>
    <message>
        <source>drop {value:+.2g}</source>
        <translation>Abfall {value:+.2g}</translation>
    </message>
    <message>
        <source>groups of the layer</source>
        <translation>Gruppen der Schicht</translation>
    </message>
    <message>
        <source>hold the groups</source>
        <translation>die Gruppen halten</translation>
    </message>
    <message>
        <source>not kept: {error}</source>
        <translation>nicht aufgehoben: {error}</translation>
    </message>
    <message>
        <source>number of groups</source>
        <translation>Zahl der Gruppen</translation>
    </message>
    <message>
        <source>of a data set, kept</source>
        <translation>eines Datensatzes, aufgehoben</translation>
    </message>
    <message>
        <source>pictures of the groups grow, {percent} %</source>
        <translation>Bilder der Gruppen wachsen, {percent} %</translation>
    </message>
    <message>
        <source>the building blocks</source>
        <translation>die Bausteine</translation>
    </message>
    <message>
        <source>total Sobol index</source>
        <translation>totaler Sobol-Index</translation>
    </message>
    <message>
        <source>what each group of {layer} wants to see: dot product x cosine squared</source>
        <translation>was jede Gruppe von {layer} sehen will: Skalarprodukt x Kosinus im Quadrat</translation>
    </message>
    <message>
        <source>what each position of {layer} asks for; the side of a picture is the length of its activation vector, {largest:.3g} fills its cell</source>
        <translation>was jeder Ort von {layer} verlangt; die Seite eines Bildes ist die Länge seines Aktivierungsvektors, {largest:.3g} füllt die Zelle</translation>
    </message>
    <message>
        <source>{count} concepts of {layer} hold {percent:.0f} % of the energy of {positions} positions each of {pictures} pictures</source>
        <translation>{count} Konzepte von {layer} halten {percent:.0f} % der Energie von je {positions} Orten aus {pictures} Bildern</translation>
    </message>
    <message>
        <source>{count} groups</source>
        <translation>{count} Gruppen</translation>
    </message>
    <message>
        <source>{count} groups hold {percent:.0f} % of the energy of {layer} (sum of squares)</source>
        <translation>{count} Gruppen halten {percent:.0f} % der Energie von {layer} (Quadratsumme)</translation>
    </message>
    <message>
        <source>{layer} has no groups yet.</source>
        <translation>{layer} hat noch keine Gruppen.</translation>
    </message>
    <message>
        <source>{layer} has no positions that could form groups; choose a layer with maps.</source>
        <translation>{layer} hat keine Orte, die Gruppen bilden könnten; wählen Sie eine Schicht mit Karten.</translation>
    </message>
    <message>
        <source>{layer} has values that are not finite: no groups.</source>
        <translation>{layer} hat Werte, die nicht endlich sind: keine Gruppen.</translation>
    </message>
    <message>
        <source>{target} by gradient x activation at {layer}: {total:+.3g} in all; truly, without the layer, it changes by {change:+.3g}</source>
        <translation>{target} als Gradient x Aktivierung an {layer}: zusammen {total:+.3g}; in Wahrheit ändert es sich ohne die Schicht um {change:+.3g}</translation>
    </message>
    <message>
        <source>{unit} at {row},{column}: {value}</source>
        <translation>{unit} bei {row},{column}: {value}</translation>
    </message>
    <message>
        <source>speed of the canvas</source>
        <translation>Geschwindigkeit der Leinwand</translation>
    </message>
    <message>
        <source>size of the canvas</source>
        <translation>Größe der Leinwand</translation>
    </message>
    <message>
        <source>canvas</source>
        <translation>Leinwand</translation>
    </message>
    <message>
        <source>a canvas</source>
        <translation>eine Leinwand</translation>
    </message>
    <message>
        <source>Canvas of an automaton</source>
        <translation>Leinwand eines Automaten</translation>
    </message>
    <message>
        <source>Begin anew with one seed in the middle</source>
        <translation>Neu beginnen, mit einem Samen in der Mitte</translation>
    </message>
    <message>
        <source>Left plants a seed, which grows</source>
        <translation>Links pflanzt einen Samen, der wächst</translation>
    </message>
    <message>
        <source>Left erases a disk of cells, and it heals</source>
        <translation>Links löscht eine Scheibe von Zellen, und sie heilt</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Plant</source>
        <translation>Pflanzen</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>Schneiden</translation>
    </message>
    <message>
        <source>Erase one half of the canvas</source>
        <translation>Eine Hälfte der Leinwand löschen</translation>
    </message>
    <message>
        <source>Empty all cells; one frame back (,) undoes it</source>
        <translation>Alle Zellen leeren; ein Bild zurück (,) macht es rückgängig</translation>
    </message>
    <message>
        <source>Cells from the middle of the brush to its edge</source>
        <translation>Zellen von der Mitte des Pinsels bis zu seinem Rand</translation>
    </message>
    <message>
        <source>Rows and columns of the canvas; what grows stays in its middle</source>
        <translation>Zeilen und Spalten der Leinwand; was wächst, bleibt in der Mitte</translation>
    </message>
    <message>
        <source>Steps per second; Space stops and goes on</source>
        <translation>Schritte je Sekunde; die Leertaste hält an und macht weiter</translation>
    </message>
    <message>
        <source>left erases · right or Ctrl plants a seed · , goes back</source>
        <translation>links löscht · rechts oder Strg pflanzt einen Samen · , geht zurück</translation>
    </message>
    <message>
        <source>left plants a seed · right or Ctrl erases · , goes back</source>
        <translation>links pflanzt einen Samen · rechts oder Strg löscht · , geht zurück</translation>
    </message>
    <message>
        <source>{name} is no automaton: the canvas stays as it is</source>
        <translation>{name} ist kein Automat: die Leinwand bleibt, wie sie ist</translation>
    </message>
    <message>
        <source>{name} is an automaton: on a canvas it grows, and heals what you erase.</source>
        <translation>{name} ist ein Automat: auf einer Leinwand wächst er, und heilt, was Sie löschen.</translation>
    </message>
    <message>
        <source>Show a canvas</source>
        <translation>Leinwand zeigen</translation>
    </message>
    <message>
        <source>Opens a canvas with one seed</source>
        <translation>Öffnet eine Leinwand mit einem Samen</translation>
    </message>
    <message>
        <source>Left half</source>
        <translation>Linke Hälfte</translation>
    </message>
    <message>
        <source>Right half</source>
        <translation>Rechte Hälfte</translation>
    </message>
    <message>
        <source>Top half</source>
        <translation>Obere Hälfte</translation>
    </message>
    <message>
        <source>Bottom half</source>
        <translation>Untere Hälfte</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>Pinsel</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>Seite</translation>
    </message>
    <message>
        <source>brush</source>
        <translation>Pinsel</translation>
    </message>
    <message>
        <source>side</source>
        <translation>Seite</translation>
    </message>
    <message>
        <source>speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>A network that every cell of a grid runs for itself, on its own numbers and its neighbors'. It grows a picture from one seed, and heals it.</source>
        <translation>Ein Netz, das jede Zelle eines Gitters für sich ausführt, auf ihren eigenen Zahlen und denen ihrer Nachbarn. Es lässt aus einem Samen ein Bild wachsen und heilt es.</translation>
    </message>
    <message>
        <source>The grid on which an automaton grows, with all numbers of every cell: erase, cut, plant a seed.</source>
        <translation>Das Gitter, auf dem ein Automat wächst, mit allen Zahlen jeder Zelle: löschen, schneiden, einen Samen pflanzen.</translation>
    </message>
    <message>
        <source>Draw another maze, and go on with more</source>
        <translation>Ein anderes Labyrinth zeichnen und mit weiteren fortfahren</translation>
    </message>
    <message>
        <source>Mazes</source>
        <translation>Labyrinthe</translation>
    </message>
    <message>
        <source>Mazes a second</source>
        <translation>Labyrinthe pro Sekunde</translation>
    </message>
    <message>
        <source>New maze</source>
        <translation>Neues Labyrinth</translation>
    </message>
    <message>
        <source>New mazes per second; a maze that you changed stays</source>
        <translation>Neue Labyrinthe pro Sekunde; eines, das Sie geändert haben, bleibt</translation>
    </message>
    <message>
        <source>No walls</source>
        <translation>Keine Wände</translation>
    </message>
    <message>
        <source>Opens mazes that are drawn at random, and that you can change</source>
        <translation>Öffnet zufällig gezeichnete Labyrinthe, die Sie ändern können</translation>
    </message>
    <message>
        <source>Rows and columns of squares, odd: rooms lie on every other one</source>
        <translation>Zeilen und Spalten von Feldern, ungerade: Auf jedem zweiten liegt ein Raum</translation>
    </message>
    <message>
        <source>Show a maze</source>
        <translation>Ein Labyrinth zeigen</translation>
    </message>
    <message>
        <source>Squares a side</source>
        <translation>Felder je Seite</translation>
    </message>
    <message>
        <source>Take all walls away; one frame back (,) undoes it</source>
        <translation>Alle Wände wegnehmen; ein Bild zurück (,) macht es rückgängig</translation>
    </message>
    <message>
        <source>The part of the path that a search from start or goal reached.</source>
        <translation>Der Teil des Weges, den eine Suche vom Start oder vom Ziel aus erreicht hat.</translation>
    </message>
    <message>
        <source>The part of the path that a search from the start reached.</source>
        <translation>Der Teil des Weges, den eine Suche vom Start aus erreicht hat.</translation>
    </message>
    <message>
        <source>The path itself, at every step.</source>
        <translation>Der Weg selbst, bei jedem Schritt.</translation>
    </message>
    <message>
        <source>The squares that a search from the goal reached.</source>
        <translation>Die Felder, die eine Suche vom Ziel aus erreicht hat.</translation>
    </message>
    <message>
        <source>The squares that a search from the start reached.</source>
        <translation>Die Felder, die eine Suche vom Start aus erreicht hat.</translation>
    </message>
    <message>
        <source>The squares that are left when dead ends are filled, some squares deeper at each step.</source>
        <translation>Die Felder, die bleiben, wenn Sackgassen gefüllt werden, bei jedem Schritt einige Felder tiefer.</translation>
    </message>
    <message>
        <source>The squares that one of the two searches reached.</source>
        <translation>Die Felder, die eine der beiden Suchen erreicht hat.</translation>
    </message>
    <message>
        <source>both waves</source>
        <translation>beide Wellen</translation>
    </message>
    <message>
        <source>dead ends filled</source>
        <translation>Sackgassen gefüllt</translation>
    </message>
    <message>
        <source>left builds a wall or takes one away · right takes away · drag start (green) or goal</source>
        <translation>links baut eine Wand oder nimmt sie weg · rechts nimmt weg · Start (grün) oder Ziel ziehen</translation>
    </message>
    <message>
        <source>mazes</source>
        <translation>Labyrinthe</translation>
    </message>
    <message>
        <source>path in both waves</source>
        <translation>Weg in beiden Wellen</translation>
    </message>
    <message>
        <source>path in start's wave</source>
        <translation>Weg in der Welle vom Start</translation>
    </message>
    <message>
        <source>wave from the goal</source>
        <translation>Welle vom Ziel</translation>
    </message>
    <message>
        <source>wave from the start</source>
        <translation>Welle vom Start</translation>
    </message>
    <message>
        <source>whole path</source>
        <translation>ganzer Weg</translation>
    </message>
    <message>
        <source>{name} takes mazes: walls black, floor white, start green, goal red.</source>
        <translation>{name} nimmt Labyrinthe: Wände schwarz, Boden weiß, Start grün, Ziel rot.</translation>
    </message>
    <message>
        <source>Chess: king and rook against king</source>
        <translation>Schach: König und Turm gegen König</translation>
    </message>
    <message>
        <source>chess</source>
        <translation>Schach</translation>
    </message>
    <message>
        <source>positions of chess</source>
        <translation>Schachstellungen</translation>
    </message>
    <message>
        <source>New ...</source>
        <translation>Neu ...</translation>
    </message>
    <message>
        <source>Make an atlas of a layer over pictures of yours</source>
        <translation>Einen Atlas einer Schicht über eigenen Bildern machen</translation>
    </message>
    <message>
        <source>Decode here</source>
        <translation>Hier dekodieren</translation>
    </message>
    <message>
        <source>Draw what the layout's decoder says at each place of the part on show, between the regions, too</source>
        <translation>Zeichnen, was der Decoder der Anordnung an jeder Stelle des Ausschnitts sagt, auch zwischen den Feldern</translation>
    </message>
    <message>
        <source>Regions again</source>
        <translation>Wieder Felder</translation>
    </message>
    <message>
        <source>Take the decoded part away</source>
        <translation>Den dekodierten Ausschnitt wegnehmen</translation>
    </message>
    <message>
        <source>UMAP has no way back from a point to activations: make an atlas with layout map.</source>
        <translation>UMAP führt von keinem Punkt zurück zu Aktivierungen: einen Atlas mit der Anordnung "map" machen.</translation>
    </message>
    <message>
        <source>The places are decoded and drawn, those in the middle first ...</source>
        <translation>Die Stellen werden dekodiert und gezeichnet, die in der Mitte zuerst ...</translation>
    </message>
    <message>
        <source>{done} of {count} places are drawn.</source>
        <translation>{done} von {count} Stellen sind gezeichnet.</translation>
    </message>
    <message>
        <source>Decoded; pale where no activation lies. Point at a place to read how many do.</source>
        <translation>Dekodiert; blass, wo keine Aktivierung liegt. Auf eine Stelle zeigen, um zu lesen, wie viele es sind.</translation>
    </message>
    <message>
        <source>Decoded; {count:,} activations lie at this place.</source>
        <translation>Dekodiert; {count:,} Aktivierungen liegen an dieser Stelle.</translation>
    </message>
    <message>
        <source>Decoded; no activation lies at this place: the decoder alone says so.</source>
        <translation>Dekodiert; keine Aktivierung liegt an dieser Stelle: nur der Decoder sagt es.</translation>
    </message>
    <message>
        <source>Atlas of a layer</source>
        <translation>Atlas einer Schicht</translation>
    </message>
    <message>
        <source>Atlas …</source>
        <translation>Atlas …</translation>
    </message>
    <message>
        <source>of the layer, from pictures</source>
        <translation>der Schicht, aus Bildern</translation>
    </message>
    <message>
        <source>Cells along a side</source>
        <translation>Felder je Seite</translation>
    </message>
    <message>
        <source>Cells a side</source>
        <translation>Felder je Seite</translation>
    </message>
    <message>
        <source>A picture is grown for each cell; twice as many show when one zooms in</source>
        <translation>Für jedes Feld wächst ein Bild; beim Vergrößern erscheinen doppelt so viele</translation>
    </message>
    <message>
        <source>Laid out by</source>
        <translation>Angeordnet durch</translation>
    </message>
    <message>
        <source>Layout</source>
        <translation>Anordnung</translation>
    </message>
    <message>
        <source>a map fitted on them</source>
        <translation>eine daran angepasste Karte</translation>
    </message>
    <message>
        <source>principal components</source>
        <translation>Hauptkomponenten</translation>
    </message>
    <message>
        <source>UMAP</source>
        <translation>UMAP</translation>
    </message>
    <message>
        <source>A fitted map can be decoded at every place, also between the cells; UMAP needs umap-learn and cannot follow the frame</source>
        <translation>Eine angepasste Karte lässt sich überall dekodieren, auch zwischen den Feldern; UMAP braucht umap-learn und kann dem Bild nicht folgen</translation>
    </message>
    <message>
        <source>Make</source>
        <translation>Machen</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>Finden</translation>
    </message>
    <message>
        <source>Begin, or go on where the same job was stopped</source>
        <translation>Beginnen, oder weitermachen, wo derselbe Auftrag angehalten wurde</translation>
    </message>
    <message>
        <source>End the job; the same one goes on another time</source>
        <translation>Den Auftrag beenden; derselbe geht ein andermal weiter</translation>
    </message>
    <message>
        <source>Choose the pictures.</source>
        <translation>Die Bilder wählen.</translation>
    </message>
    <message>
        <source>It runs the network as it is, without the edits of the strip.</source>
        <translation>Das Netz läuft, wie es ist, ohne die Eingriffe der Leiste.</translation>
    </message>
    <message>
        <source>Concepts of a layer</source>
        <translation>Konzepte einer Schicht</translation>
    </message>
    <message>
        <source>Number of concepts</source>
        <translation>Zahl der Konzepte</translation>
    </message>
    <message>
        <source>Into how many groups the layer's activations are factored</source>
        <translation>In wie viele Gruppen die Aktivierungen der Schicht zerlegt werden</translation>
    </message>
    <message>
        <source>Find ...</source>
        <translation>Finden ...</translation>
    </message>
    <message>
        <source>Find this layer's concepts over pictures</source>
        <translation>Die Konzepte dieser Schicht über Bildern finden</translation>
    </message>
    <message>
        <source>{unit} of {layer}</source>
        <translation>{unit} von {layer}</translation>
    </message>
    <message>
        <source>orange speaks for the unit, up to {limit}</source>
        <translation>Orange spricht für die Einheit, bis {limit}</translation>
    </message>
    <message>
        <source>orange speaks for the unit, blue against it, up to ±{limit}</source>
        <translation>Orange spricht für die Einheit, Blau dagegen, bis ±{limit}</translation>
    </message>
    <message>
        <source>Folder of pictures</source>
        <translation>Ordner mit Bildern</translation>
    </message>
    <message>
        <source>1 step/s</source>
        <translation>1 Schritt/s</translation>
    </message>
    <message>
        <source>10 steps/s</source>
        <translation>10 Schritte/s</translation>
    </message>
    <message>
        <source>100 steps/s</source>
        <translation>100 Schritte/s</translation>
    </message>
    <message>
        <source>A network of pictures learns</source>
        <translation>Ein Netz für Bilder lernt</translation>
    </message>
    <message>
        <source>Activation</source>
        <translation>Aktivierungsfunktion</translation>
    </message>
    <message>
        <source>Adam</source>
        <translation>Adam</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>Batch</translation>
    </message>
    <message>
        <source>Begin anew</source>
        <translation>Von vorn beginnen</translation>
    </message>
    <message>
        <source>Begin, or stop: a stopped run goes on</source>
        <translation>Beginnen oder anhalten: Ein angehaltener Lauf geht später weiter</translation>
    </message>
    <message>
        <source>Browse ...</source>
        <translation>Suchen ...</translation>
    </message>
    <message>
        <source>CSV file ...</source>
        <translation>CSV-Datei ...</translation>
    </message>
    <message>
        <source>Choose the folder, or the tar file</source>
        <translation>Den Ordner oder die tar-Datei wählen</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Each square is a unit: its value at every point of the plane, orange below zero, blue above. Lines are weights, wide where they are large; of many only the strongest are drawn.</source>
        <translation>Jedes Quadrat ist eine Einheit: ihr Wert an jedem Punkt der Ebene, orange unter null, blau darüber. Linien sind Gewichte, breit, wo sie groß sind; von vielen werden nur die stärksten gezeichnet.</translation>
    </message>
    <message>
        <source>Folder of the data</source>
        <translation>Ordner der Daten</translation>
    </message>
    <message>
        <source>Forget what an earlier run learned</source>
        <translation>Vergessen, was ein früherer Lauf gelernt hat</translation>
    </message>
    <message>
        <source>Gaussians</source>
        <translation>Gaußsche</translation>
    </message>
    <message>
        <source>Give this to the network</source>
        <translation>Dies dem Netz geben</translation>
    </message>
    <message>
        <source>Hidden layers</source>
        <translation>Verborgene Schichten</translation>
    </message>
    <message>
        <source>Hold this moment's answer, to compare later ones with it; or let it go</source>
        <translation>Die Antwort dieses Moments festhalten, um spätere damit zu vergleichen; oder sie loslassen</translation>
    </message>
    <message>
        <source>Its answer over the plane</source>
        <translation>Seine Antwort über der Ebene</translation>
    </message>
    <message>
        <source>Kept as {path}: open it to go through its training, or compare two moments of it.</source>
        <translation>Behalten als {path}: öffnen, um durch sein Training zu gehen oder zwei Momente zu vergleichen.</translation>
    </message>
    <message>
        <source>L1</source>
        <translation>L1</translation>
    </message>
    <message>
        <source>L2</source>
        <translation>L2</translation>
    </message>
    <message>
        <source>Learn</source>
        <translation>Lernen</translation>
    </message>
    <message>
        <source>Learn one batch</source>
        <translation>Einen Batch lernen</translation>
    </message>
    <message>
        <source>Learn while you watch</source>
        <translation>Beim Lernen zusehen</translation>
    </message>
    <message>
        <source>Learn, or hold (Space)</source>
        <translation>Lernen oder anhalten (Leertaste)</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>Lesson of the playground</source>
        <translation>Lektion des Spielplatzes</translation>
    </message>
    <message>
        <source>Let go</source>
        <translation>Loslassen</translation>
    </message>
    <message>
        <source>Loss of each batch (line), and the share of the test pictures told wrong (dashed)</source>
        <translation>Verlust jedes Batches (Linie) und Anteil der falsch benannten Testbilder (gestrichelt)</translation>
    </message>
    <message>
        <source>Loss on the training points (line) and on the test points (dashed), over the steps; both axes are logarithmic. Where the dashed line rises, it learns by heart.</source>
        <translation>Verlust auf den Trainingspunkten (Linie) und den Testpunkten (gestrichelt) über den Schritten; beide Achsen sind logarithmisch. Wo die gestrichelte Linie steigt, lernt es auswendig.</translation>
    </message>
    <message>
        <source>Loss over the steps</source>
        <translation>Verlust über den Schritten</translation>
    </message>
    <message>
        <source>Mark</source>
        <translation>Festhalten</translation>
    </message>
    <message>
        <source>Net1 or Net2, on pictures ...</source>
        <translation>Net1 oder Net2, auf Bildern ...</translation>
    </message>
    <message>
        <source>New weights of the seed, step 0</source>
        <translation>Neue Gewichte des Startwerts, Schritt 0</translation>
    </message>
    <message>
        <source>No points are known here.</source>
        <translation>Hier sind keine Punkte bekannt.</translation>
    </message>
    <message>
        <source>Nothing can be trained here.</source>
        <translation>Hier kann nichts trainiert werden.</translation>
    </message>
    <message>
        <source>Only Net1 and Net2 can learn here; open net1-mnist or net2-cifar10 first.</source>
        <translation>Hier können nur Net1 und Net2 lernen; zuerst net1-mnist oder net2-cifar10 öffnen.</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>Optimierer</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Playground</source>
        <translation>Spielplatz</translation>
    </message>
    <message>
        <source>Points on the plane (playground)</source>
        <translation>Punkte in der Ebene (Spielplatz)</translation>
    </message>
    <message>
        <source>Press Play, or Space: the network begins to learn.</source>
        <translation>Abspielen oder die Leertaste drücken: Das Netz beginnt zu lernen.</translation>
    </message>
    <message>
        <source>Reading the data ...</source>
        <translation>Die Daten werden gelesen ...</translation>
    </message>
    <message>
        <source>SGD</source>
        <translation>SGD</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>Show the points for testing, as rings</source>
        <translation>Die Punkte zum Testen zeigen, als Ringe</translation>
    </message>
    <message>
        <source>Stopped; without Begin anew it goes on from there.</source>
        <translation>Angehalten; ohne Von vorn beginnen geht es von dort weiter.</translation>
    </message>
    <message>
        <source>Tables (*.csv *.tsv);;All files (*)</source>
        <translation>Tabellen (*.csv *.tsv);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Take away all painted points</source>
        <translation>Alle gemalten Punkte entfernen</translation>
    </message>
    <message>
        <source>The network as a graph</source>
        <translation>Das Netz als Graph</translation>
    </message>
    <message>
        <source>The playground needs a network over the plane: choose data above, and one opens. What runs now goes on until then.</source>
        <translation>Der Spielplatz braucht ein Netz über der Ebene: Oben Daten wählen, dann öffnet sich eines. Was jetzt läuft, läuft bis dahin weiter.</translation>
    </message>
    <message>
        <source>The training has ended.</source>
        <translation>Das Training ist zu Ende.</translation>
    </message>
    <message>
        <source>The training starts ... (a few seconds the first time)</source>
        <translation>Das Training wird gestartet ... (beim ersten Mal einige Sekunden)</translation>
    </message>
    <message>
        <source>The training was stopped.</source>
        <translation>Das Training wurde angehalten.</translation>
    </message>
    <message>
        <source>There is no folder '{data}'.</source>
        <translation>Es gibt keinen Ordner „{data}“.</translation>
    </message>
    <message>
        <source>Two columns of numbers and a label</source>
        <translation>Zwei Spalten mit Zahlen und eine Klasse</translation>
    </message>
    <message>
        <source>Units of each hidden layer, such as 8-8-8; 0 for none. Enter takes it.</source>
        <translation>Einheiten jeder verborgenen Schicht, etwa 8-8-8; 0 für keine. Die Eingabetaste übernimmt es.</translation>
    </message>
    <message>
        <source>Write the network and its moments as a file, to open and compare</source>
        <translation>Das Netz und seine Momente als Datei schreiben, zum Öffnen und Vergleichen</translation>
    </message>
    <message>
        <source>a network that learns</source>
        <translation>ein Netz, das lernt</translation>
    </message>
    <message>
        <source>answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>batch of {}</source>
        <translation>Batch aus {}</translation>
    </message>
    <message>
        <source>checkerboard</source>
        <translation>Schachbrett</translation>
    </message>
    <message>
        <source>circle</source>
        <translation>Kreis</translation>
    </message>
    <message>
        <source>full speed</source>
        <translation>volles Tempo</translation>
    </message>
    <message>
        <source>learning goes on at step {step:,}</source>
        <translation>gelernt wird bei Schritt {step:,}</translation>
    </message>
    <message>
        <source>learning rate {}</source>
        <translation>Lernrate {}</translation>
    </message>
    <message>
        <source>loss {loss}</source>
        <translation>Verlust {loss}</translation>
    </message>
    <message>
        <source>moons</source>
        <translation>Monde</translation>
    </message>
    <message>
        <source>noise {}</source>
        <translation>Rauschen {}</translation>
    </message>
    <message>
        <source>optimizer {}</source>
        <translation>Optimierer {}</translation>
    </message>
    <message>
        <source>orange {first}, blue {second}</source>
        <translation>orange {first}, blau {second}</translation>
    </message>
    <message>
        <source>paint points</source>
        <translation>Punkte malen</translation>
    </message>
    <message>
        <source>painted</source>
        <translation>gemalt</translation>
    </message>
    <message>
        <source>pictures; steps; learning</source>
        <translation>Bilder; Schritte; Lernen</translation>
    </message>
    <message>
        <source>playground</source>
        <translation>Spielplatz</translation>
    </message>
    <message>
        <source>sin x</source>
        <translation>sin x</translation>
    </message>
    <message>
        <source>sin y</source>
        <translation>sin y</translation>
    </message>
    <message>
        <source>spiral</source>
        <translation>Spirale</translation>
    </message>
    <message>
        <source>step {step:,} of {total:,}</source>
        <translation>Schritt {step:,} von {total:,}</translation>
    </message>
    <message>
        <source>test points</source>
        <translation>Testpunkte</translation>
    </message>
    <message>
        <source>test {loss}</source>
        <translation>Test {loss}</translation>
    </message>
    <message>
        <source>the playground</source>
        <translation>der Spielplatz</translation>
    </message>
    <message>
        <source>x</source>
        <translation>x</translation>
    </message>
    <message>
        <source>xor</source>
        <translation>xor</translation>
    </message>
    <message>
        <source>xy</source>
        <translation>xy</translation>
    </message>
    <message>
        <source>x²</source>
        <translation>x²</translation>
    </message>
    <message>
        <source>y</source>
        <translation>y</translation>
    </message>
    <message>
        <source>y²</source>
        <translation>y²</translation>
    </message>
    <message>
        <source>{name} learns {data} from its first weights on, in a process of its own. Every second the cards take its newest weights: kernels, units, answers. The finished network is written into your networks; the one that runs stays as it is.</source>
        <translation>{name} lernt {data} von seinen ersten Gewichten an, in einem eigenen Prozess. Jede Sekunde übernehmen die Karten seine neuesten Gewichte: Kernel, Einheiten, Antworten. Das fertige Netz kommt zu den eigenen Netzen; das laufende bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>{name}: click to look into it</source>
        <translation>{name}: anklicken, um hineinzusehen</translation>
    </message>
    <message>
        <source>{reason} Reset begins anew.</source>
        <translation>{reason} Zurücksetzen beginnt von vorn.</translation>
    </message>
    <message>
        <source>{share:.1%} right</source>
        <translation>{share:.1%} richtig</translation>
    </message>
    <message>
        <source>{speed:,} steps/s</source>
        <translation>{speed:,} Schritte/s</translation>
    </message>
    <message>
        <source>redundant units</source>
        <translation>überzählige Einheiten</translation>
    </message>
    <message>
        <source>a rate that destroys</source>
        <translation>eine Rate, die zerstört</translation>
    </message>
    <message>
        <source>many features</source>
        <translation>viele Merkmale</translation>
    </message>
    <message>
        <source>Eight units where one would do: most of them draw nearly the same line. Switch any of them off (Shift+X), and hardly anything changes.</source>
        <translation>Acht Einheiten, wo eine genügte: Die meisten zeichnen fast dieselbe Linie. Eine beliebige davon abschalten (Umschalt+X): Es ändert sich kaum etwas.</translation>
    </message>
    <message>
        <source>The learning rate is a hundred times too large: the first steps throw every unit to its limit, where it no longer learns. Choose 0.03, and begin anew.</source>
        <translation>Die Lernrate ist hundertmal zu groß: Die ersten Schritte werfen jede Einheit an ihre Grenze, wo sie nichts mehr lernt. 0.03 wählen und von vorn beginnen.</translation>
    </message>
    <message>
        <source>Seven features of x and y are given to one small layer: with sines it bends along the spiral at once. Leave x and y alone, and it takes three layers of eight.</source>
        <translation>Eine kleine Schicht erhält sieben Merkmale von x und y: Mit den Sinus biegt sie sich sofort entlang der Spirale. Lässt man x und y allein, braucht es drei Schichten aus acht.</translation>
    </message>
    <message>
        <source>The examples from which a network learns in one step.</source>
        <translation>Die Beispiele, aus denen ein Netz in einem Schritt lernt.</translation>
    </message>
    <message>
        <source>What is added to a loss so that weights stay small: their absolute values (many become zero), or half their squares.</source>
        <translation>Was zu einem Verlust addiert wird, damit Gewichte klein bleiben: ihre Beträge (viele werden null) oder die Hälfte ihrer Quadrate.</translation>
    </message>
    <message>
        <source>How far a step of the training goes downhill: too small takes for ever, too large throws the weights away.</source>
        <translation>Wie weit ein Schritt des Trainings bergab geht: Zu klein dauert es ewig, zu groß wirft es die Gewichte fort.</translation>
    </message>
    <message>
        <source>A small network that learns to tell points of a plane apart while one watches: each unit as a heat map over the plane, each weight as a line.</source>
        <translation>Ein kleines Netz, das vor aller Augen lernt, Punkte einer Ebene zu unterscheiden: jede Einheit als Farbkarte über der Ebene, jedes Gewicht als Linie.</translation>
    </message>
    <message>
        <source>How a step of the training is made of the slope of the loss: along it (SGD), or with averages of earlier slopes (Adam).</source>
        <translation>Wie ein Schritt des Trainings aus der Steigung des Verlusts entsteht: an ihr entlang (SGD) oder mit Mittelwerten früherer Steigungen (Adam).</translation>
    </message>
    <message>
        <source>The playground needs the plane as its source: choose data above.</source>
        <translation>Der Spielplatz braucht die Ebene als Quelle: Oben Daten wählen.</translation>
    </message>
    <message>
        <source>One seed</source>
        <translation>Ein Samen</translation>
    </message>
    <message>
        <source>How fast it learns; slow enough to watch, or as fast as it can</source>
        <translation>Wie schnell es lernt: langsam genug zum Zusehen, oder so schnell es kann</translation>
    </message>
    <message>
        <source>Data, a network and settings that show one thing</source>
        <translation>Daten, ein Netz und Einstellungen, die eine Sache zeigen</translation>
    </message>
    <message>
        <source>Points of two classes, painted ones, or two columns of a file</source>
        <translation>Punkte zweier Klassen, gemalte, oder zwei Spalten einer Datei</translation>
    </message>
    <message>
        <source>How far points lie off their pattern, at random</source>
        <translation>Wie weit Punkte zufällig neben ihrem Muster liegen</translation>
    </message>
    <message>
        <source>MNIST's files for Net1; CIFAR-10 for Net2, also as a tar file</source>
        <translation>MNISTs Dateien für Net1; CIFAR-10 für Net2, auch als tar-Datei</translation>
    </message>
    <message>
        <source>Go back to what the network was at an earlier step</source>
        <translation>Zurück zu dem, was das Netz bei einem früheren Schritt war</translation>
    </message>
    <message>
        <source>Lesson ...</source>
        <translation>Lektion ...</translation>
    </message>
    <message>
        <source>Nothing is painted yet: drag over the large picture, with the left button for blue, the right one for orange.</source>
        <translation>Noch ist nichts gemalt: über das große Bild ziehen, mit der linken Taste für Blau, mit der rechten für Orange.</translation>
    </message>
    <message>
        <source>Only blue is painted yet: drag with the right button for orange.</source>
        <translation>Bisher ist nur Blau gemalt: Mit der rechten Taste ziehen für Orange.</translation>
    </message>
    <message>
        <source>Only orange is painted yet: drag with the left button for blue.</source>
        <translation>Bisher ist nur Orange gemalt: Mit der linken Taste ziehen für Blau.</translation>
    </message>
    <message>
        <source>Units of each hidden layer are numbers, such as 8-8-8, or 0 for none; not '{widths}'.</source>
        <translation>Die Einheiten jeder verdeckten Schicht sind Zahlen, etwa 8-8-8, oder 0 für keine; nicht „{widths}“.</translation>
    </message>
    <message>
        <source>The network has to be given something: x, y, or what is made of them.</source>
        <translation>Dem Netz muss etwas gegeben werden: x, y, oder was daraus gebildet ist.</translation>
    </message>
    <message>
        <source>{name} takes positions of king and rook against king, on 8 x 8 squares.</source>
        <translation>{name} nimmt Stellungen von König und Turm gegen König, auf 8 x 8 Feldern.</translation>
    </message>
    <message>
        <source>Opens positions with White to move</source>
        <translation>Öffnet Stellungen mit Weiß am Zug</translation>
    </message>
    <message>
        <source>Show positions</source>
        <translation>Stellungen zeigen</translation>
    </message>
    <message>
        <source>white king: red · white rook: green · black king: blue</source>
        <translation>weißer König: rot · weißer Turm: grün · schwarzer König: blau</translation>
    </message>
    <message>
        <source>Its pictures are the places of the plane, and Where it fires shows all of them: there is nothing to look through.</source>
        <translation>Seine Bilder sind die Orte der Ebene, und „Wo sie feuert“ zeigt sie alle: Es gibt nichts durchzusehen.</translation>
    </message>
    <message>
        <source>{first} with {second}: no CKA, for one of them does not vary over {frames} frames</source>
        <translation>{first} mit {second}: keine CKA, denn eines von beiden ändert sich über {frames} Bilder nicht</translation>
    </message>
    <message>
        <source>What was seen in a region is shown here, once there is an atlas.</source>
        <translation>Was in einer Gegend gesehen wurde, steht hier, sobald es einen Atlas gibt.</translation>
    </message>
    <message>
        <source>Click a picture above: what was seen in its region is shown here.</source>
        <translation>Oben ein Bild anklicken: was in seiner Gegend gesehen wurde, steht dann hier.</translation>
    </message>
    <message>
        <source>draw on the canvas</source>
        <translation>auf die Leinwand zeichnen</translation>
    </message>
    <message>
        <source>clear the canvas</source>
        <translation>die Leinwand leeren</translation>
    </message>
    <message>
        <source>one seed on the canvas</source>
        <translation>ein Samen auf der Leinwand</translation>
    </message>
    <message>
        <source>draw on the board</source>
        <translation>auf das Spielfeld zeichnen</translation>
    </message>
    <message>
        <source>clear the board</source>
        <translation>das Spielfeld leeren</translation>
    </message>
    <message>
        <source>new board</source>
        <translation>neues Spielfeld</translation>
    </message>
    <message>
        <source>size of the board</source>
        <translation>Größe des Spielfelds</translation>
    </message>
    <message>
        <source>border of the board</source>
        <translation>Rand des Spielfelds</translation>
    </message>
    <message>
        <source>rule of the board</source>
        <translation>Regel des Spielfelds</translation>
    </message>
    <message>
        <source>draw the start elsewhere</source>
        <translation>den Start anderswo zeichnen</translation>
    </message>
    <message>
        <source>draw the goal elsewhere</source>
        <translation>das Ziel anderswo zeichnen</translation>
    </message>
    <message>
        <source>{count} pictures in {layer} as the network is now; a line leads from the moment before. Two main directions, {explained:.0%} of the variance; colors are classes.</source>
        <translation>{count} Bilder in {layer}, wie das Netz jetzt ist; eine Linie führt vom Augenblick davor her. Zwei Hauptrichtungen, {explained:.0%} der Varianz; Farben sind Klassen.</translation>
    </message>
    <message>
        <source>{count} places of the frame in {layer} as the network is now. Two main directions, {explained:.0%} of the variance; colors are the answer's sign.</source>
        <translation>{count} Stellen des Bildes in {layer}, wie das Netz jetzt ist. Zwei Hauptrichtungen, {explained:.0%} der Varianz; Farben sind das Vorzeichen der Antwort.</translation>
    </message>
    <message>
        <source>{value} with all units on, over 1 picture</source>
        <translation>{value} mit allen Einheiten an, über 1 Bild</translation>
    </message>
    <message>
        <source>Off: {effect} of {measure}, over 1 picture; number {rank} of {total} by harm</source>
        <translation>Aus: {effect} bei {measure}, über 1 Bild; Nummer {rank} von {total} nach Schaden</translation>
    </message>
    <message>
        <source>Matthews correlation with what is marked on the floor of this maze, the mean of the steps that were never trained.</source>
        <translation>Matthews-Korrelation mit dem, was auf dem Boden dieses Labyrinths markiert ist, Mittel der Schritte, die nie trainiert wurden.</translation>
    </message>
    <message>
        <source>The card has no level of chance; it is not 0.</source>
        <translation>Die Karte nennt kein Zufallsniveau; es ist nicht 0.</translation>
    </message>
    <message>
        <source>Of {mazes:,} mazes of the training's size: chance (the same mazes with other ends) {chance:.2f}, what a linear probe reads in the hidden states {probe:.2f}.</source>
        <translation>Über {mazes:,} Labyrinthe von der Größe des Trainings: Zufall (dieselben Labyrinthe mit anderen Enden) {chance:.2f}, was eine lineare Sonde in den verborgenen Zuständen liest, {probe:.2f}.</translation>
    </message>
    <message>
        <source>Closest: {candidate} ({score}; the card has no level of chance)</source>
        <translation>Am nächsten: {candidate} ({score}; die Karte nennt kein Zufallsniveau)</translation>
    </message>
    <message>
        <source>Closest: {candidate} ({score}; chance {chance:.2f}, probe {probe:.2f}, of {mazes:,} mazes)</source>
        <translation>Am nächsten: {candidate} ({score}; Zufall {chance:.2f}, Sonde {probe:.2f}, über {mazes:,} Labyrinthe)</translation>
    </message>
    <message>
        <source>Follows none of them: {candidate} is closest ({score}; chance {chance:.2f}, probe {probe:.2f}, of {mazes:,} mazes)</source>
        <translation>Folgt keinem davon: am nächsten ist {candidate} ({score}; Zufall {chance:.2f}, Sonde {probe:.2f}, über {mazes:,} Labyrinthe)</translation>
    </message>
    <message>
        <source>Class that the outlined cells lie nearest to</source>
        <translation>Klasse, der die umrandeten Zellen am nächsten liegen</translation>
    </message>
    <message>
        <source>nearest to ...</source>
        <translation>am nächsten an ...</translation>
    </message>
    <message>
        <source>nearest to {name}</source>
        <translation>am nächsten an {name}</translation>
    </message>
    <message>
        <source>Outline the cells of the class at the left that lie nearest to cells of another class: what the layer sees alike in both</source>
        <translation>Die Zellen der links gewählten Klasse umranden, die Zellen einer anderen Klasse am nächsten liegen: was die Schicht in beiden ähnlich sieht</translation>
    </message>
    <message>
        <source>Choose a class at the left first; then its cells nearest to another class</source>
        <translation>Zuerst links eine Klasse wählen, dann ihre Zellen, die einer anderen am nächsten liegen</translation>
    </message>
    <message>
        <source>Show how far each region speaks for one class: the mean over its activations of gradient x activation of the class's logit, a linear approximation</source>
        <translation>Zeigen, wie sehr jede Gegend für eine Klasse spricht: das Mittel über ihre Aktivierungen von Gradient x Aktivierung des Logits der Klasse, eine lineare Näherung</translation>
    </message>
    <message>
        <source>Choose two different classes.</source>
        <translation>Zwei verschiedene Klassen wählen.</translation>
    </message>
    <message>
        <source>At this zoom no cell speaks for {target}, or none for {source}, more than for all other classes.</source>
        <translation>In dieser Vergrößerung spricht keine Zelle für {target}, oder keine für {source}, mehr als für alle anderen Klassen.</translation>
    </message>
    <message>
        <source>Outlined: {target}'s cells nearest to {source}'s, {count}.</source>
        <translation>Umrandet: die Zellen von {target}, die denen von {source} am nächsten liegen, {count}.</translation>
    </message>
    <message>
        <source>How often patches of such cells flip the answer on {source}: dnnvis reproduce atlas-attack --pair {source}:{target} ...</source>
        <translation>Wie oft Flecken solcher Zellen die Antwort auf {source} kippen: dnnvis reproduce atlas-attack --pair {source}:{target} ...</translation>
    </message>
    <message>
        <source>logit, gradient x activation</source>
        <translation>Logit, Gradient x Aktivierung</translation>
    </message>
    <message>
        <source>the position adds {vote:+.3g} to {target}</source>
        <translation>die Stelle trägt {vote:+.3g} zu {target} bei</translation>
    </message>
    <message>
        <source>{first} and {second}: correlation {value} over {frames} frames</source>
        <translation>{first} und {second}: Korrelation {value} über {frames} Bilder</translation>
    </message>
    <message>
        <source>off is 0</source>
        <translation>aus ist 0</translation>
    </message>
    <message>
        <source>off is its mean over the first pictures</source>
        <translation>aus ist ihr Mittel über die ersten Bilder</translation>
    </message>
    <message>
        <source>norm of a unit's weights: {low} to {high}, median {median}</source>
        <translation>Norm der Gewichte einer Einheit: {low} bis {high}, Median {median}</translation>
    </message>
    <message>
        <source>{head}; {good} of {count} units have a partner (correlation from {low} on, {frames} frames)</source>
        <translation>{head}; {good} von {count} Einheiten haben einen Partner (Korrelation ab {low}, {frames} Bilder)</translation>
    </message>
    <message>
        <source>{head}; {good} of {count} units have a partner (correlation from {low} on, by chance {chance:.2f}, {frames} frames)</source>
        <translation>{head}; {good} von {count} Einheiten haben einen Partner (Korrelation ab {low}, durch Zufall {chance:.2f}, {frames} Bilder)</translation>
    </message>
</context>
</TS>
