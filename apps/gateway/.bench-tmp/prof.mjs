import { readFileSync, readdirSync } from 'node:fs';
const f = readdirSync('/tmp/exp').filter(x=>x.endsWith('.cpuprofile')).map(x=>'/tmp/exp/'+x).at(-1);
const p = JSON.parse(readFileSync(f)); const self = new Map(); const dt = p.timeDeltas; const byId = new Map(p.nodes.map(n=>[n.id,n]));
p.samples.forEach((s,i)=>{ const n=byId.get(s); const k=n.callFrame.functionName+' '+n.callFrame.url.split('/').slice(-3).join('/')+':'+n.callFrame.lineNumber; self.set(k,(self.get(k)??0)+dt[i]); });
const tot=[...self.values()].reduce((a,b)=>a+b,0); const idle=(self.get([...self.keys()].find(k=>k.startsWith('(idle)')))??0);
console.log('busy ms',(tot-idle)/1e3); for (const [k,v] of [...self].sort((a,b)=>b[1]-a[1]).slice(0,45)) console.log((100*v/(tot-idle)).toFixed(1).padStart(6),k);
